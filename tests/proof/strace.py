# SPDX-License-Identifier: ISC
# strace's log of what a program did to files, as calls; for trace.py.
import re

NAMES = ("mkdir,mkdirat,open,openat,creat,rename,renameat,renameat2,link,"
         "linkat,unlink,unlinkat,rmdir").split(",")
WRITES = "write,writev,pwrite64,pwritev,sendto,sendmsg,sendmmsg".split(",")
LENGTHS = "ftruncate,fallocate".split(",")
MOVES = ["lseek"]
SYNCS = "fsync,fdatasync".split(",")
PLACES = "chdir,fchdir,chroot".split(",")
# what would change a file in a way that trace.py doesn't follow;
# sync_file_range changes nothing and promises nothing
UNKNOWN = ("symlink,symlinkat,truncate,pwritev2,copy_file_range,sendfile,"
           "splice,sync,syncfs,pivot_root,io_uring_enter").split(",")
CALLS = ",".join(NAMES + WRITES + LENGTHS + MOVES + SYNCS + PLACES + UNKNOWN)

CALL = re.compile(rb"(\w+)\((.*)\) += (-?\d+)(.*)\Z", re.S)
TEXT = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')
PLACE = re.compile(rb"(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})*)>")
UNFINISHED = b"<unfinished ...>"


def command(log):
    """What to put in front of a command to record it."""
    return ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s",
            str(1 << 24), "-e", "signal=none", "-e", f"trace={CALLS}",
            "-o", log]


def unhex(text):
    return bytes.fromhex(text.replace(b"\\x", b"").decode())


class Call:
    """One call that succeeded, between two lines of the log."""

    def __init__(self, first, last, process, match):
        self.first, self.last, self.process = first, last, process
        self.name, self.arguments = match[1].decode(), match[2]
        self.result = int(match[3])

    def texts(self):
        return [unhex(t) for t in TEXT.findall(self.arguments)]

    def places(self):
        """The paths of the descriptors among its arguments."""
        return [unhex(p) for p in PLACE.findall(self.arguments)]

    def place(self):
        """That of its first argument, None if it is no descriptor."""
        match = PLACE.match(self.arguments)
        return match and unhex(match[1])

    def number(self, n):
        """An argument that is a number; -1 is the last."""
        return int(self.arguments.split(b",")[n], 0)


def calls(log, ignored=()):
    """Each call that succeeded, in the order in which they returned, without
    those that don't count."""
    begun = {}
    with open(log, "rb") as f:
        for line, text in enumerate(f):
            process, text = text.rstrip(b"\n").split(None, 1)
            first = line
            if text.endswith(UNFINISHED):
                begun[process] = line, text[:-len(UNFINISHED)]
                continue
            if text.startswith(b"<... "):
                first, head = begun.pop(process)
                text = head + text.split(b" resumed>", 1)[1]
            match = CALL.match(text)
            if match and int(match[3]) >= 0 and \
                    match[1].decode() not in ignored:
                yield Call(first, line, process, match)
