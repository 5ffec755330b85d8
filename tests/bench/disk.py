# SPDX-License-Identifier: ISC
"""The file system that is measured: what it is, what its device was asked to
do, and one of our own with a journal."""
import os
import subprocess

WRITES, SECTORS, FLUSHES = 4, 6, 15     # of Documentation/block/stat


def run(*words):
    return subprocess.run(words, check=True, capture_output=True,
                          text=True).stdout.strip()


class Disk:
    """The file system that holds a directory."""

    def __init__(self, path):
        device = os.stat(path).st_dev
        numbers = "%d:%d" % (os.major(device), os.minor(device))
        self.path = path
        self.stat = f"/sys/dev/block/{numbers}/stat"
        self.counts = os.path.exists(self.stat)
        name = "no device"
        if self.counts:
            name = os.path.basename(os.path.realpath(
                os.path.dirname(self.stat)))
        self.kind = self.kind_of(numbers)
        self.text = f"{self.kind} on {name}"
        if self.kind == "ext4":
            self.journal = any(entry.startswith(name + "-")
                               for entry in os.listdir("/proc/fs/jbd2"))
            self.text += (", with a journal" if self.journal else
                          ", WITHOUT a journal: syncs cost other than on an "
                          "ordinary server; see --loop")

    @staticmethod
    def kind_of(numbers):
        with open("/proc/self/mountinfo") as mounts:
            for line in mounts:
                words = line.split()
                if words[2] == numbers:
                    return words[words.index("-") + 1]
        return "unknown"

    def counters(self):
        """Since the machine started, with all that waits written first."""
        if not self.counts:
            return {}
        subprocess.run(["sync", "-f", self.path], check=True)
        with open(self.stat) as stat:
            n = [int(word) for word in stat.read().split()]
        return {"writes": n[WRITES], "kib": n[SECTORS] / 2,
                "flushes": n[FLUSHES] if len(n) > FLUSHES else 0}


class Loop:
    """An ext4 with a journal in a file, mounted until the end of a "with". Its
    blocks have been written before, so none is allocated while we measure."""

    def __init__(self, directory, mib):
        self.mib = mib
        self.image = os.path.join(directory, "ext4.img")
        self.mount = os.path.join(directory, "ext4")
        self.device = None

    def __enter__(self):
        os.makedirs(self.mount, exist_ok=True)
        try:
            run("dd", "if=/dev/zero", f"of={self.image}", "bs=1M",
                f"count={self.mib}", "oflag=direct", "status=none")
            self.device = run("losetup", "-f", "--show", "--direct-io=on",
                              self.image)
            run("mkfs.ext4", "-q", "-E",
                "nodiscard,lazy_itable_init=0,lazy_journal_init=0",
                self.device)
            run("mount", "-o", "noatime", self.device, self.mount)
        except BaseException:
            self.__exit__()
            raise
        return self.mount

    def __exit__(self, *_):
        if os.path.ismount(self.mount):
            run("umount", self.mount)
        if self.device:
            run("losetup", "-d", self.device)
        if os.path.exists(self.image):
            os.unlink(self.image)
        os.rmdir(self.mount)
