#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""faults.py [--faults N] [--seed N] [--jobs N] [STAGE:CALL:ERROR:N...]

Every system call fails once. First a run without faults, to learn which calls
each stage makes and how often. Then, for each stage, call, error and n, a run
in which that call fails at its n-th time in each of the stage's processes, from
the first to the last breath of its daemon: messages to a Maildir, a large one
too, and to another host, sent anew until they are taken. What was taken must
arrive, whole, and in a Maildir once; a daemon may end, and is then started
again without faults. --faults N makes a random choice; faults named on the
command line are all that is tried. Exit 1 when a promise is broken."""
import argparse
import collections
import concurrent.futures
import os
import random
import re
import signal
import socketserver
import sys
import tempfile
import threading
import time

from pipeline import DOMAIN, STAGES, Client, Pipeline, Refused, Stuck, \
    free_port, is_copy, stuffed

ERRORS = ["EIO", "ENOSPC", "ENOMEM", "EMFILE", "EINTR"]
# Not the program's to handle: they can't fail, are the C library's alone, or a
# call that isn't made is no failure of it but a descriptor that stays.
NEVER = {"execve", "exit", "exit_group", "rt_sigreturn", "restart_syscall",
         "rt_sigaction", "rt_sigprocmask", "arch_prctl", "set_tid_address",
         "set_robust_list", "rseq", "munmap", "madvise", "futex", "close",
         "close_range", "gettid", "getpid", "getppid", "getuid", "geteuid",
         "getgid", "getegid", "umask", "sched_getaffinity"}
TAKEN, UNKNOWN, REFUSED = "taken", "unknown", "refused"
ANSWER_S, ARRIVAL_S = 10, 20


class Message:
    def __init__(self, n, kind):
        self.n, self.kind, self.outcome = n, kind, None

    def octets(self):
        size = 100000 if self.kind == "large" else 100
        return (self.subject() + b"\r\n" +
                b"%016d.............\r\n" % self.n * (size // 31))

    def subject(self):
        return f"Subject: number {self.n}\r\n".encode()

    def box(self):
        return f"n{self.n}"

    def recipient(self):
        return self.box() + "@" + (
            "elsewhere.test" if self.kind == "remote" else DOMAIN)

    def send(self, port):
        """taken, refused, or unknown: the end was sent, and no answer."""
        self.outcome = REFUSED
        try:
            client = Client(port, timeout=ANSWER_S)
            client.hello()
            client.say(f"MAIL FROM:<a@{DOMAIN}>")
            client.say(f"RCPT TO:<{self.recipient()}>")
            client.say("DATA", "3")
            octets = stuffed(self.octets())
            client.send(octets[:-3])
            self.outcome = UNKNOWN
            client.send(octets[-3:])
            client.reply("2")
            self.outcome = TAKEN
            client.close()
        except TimeoutError as e:
            raise Stuck(f"no answer to a client within {ANSWER_S} s") from e
        except (OSError, Refused):
            pass


class Sink(socketserver.ThreadingTCPServer):
    """Another host: takes everything, keeps the octets of each message."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taker)
        self.kept = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass    # a client may go away at any time


class Taker(socketserver.StreamRequestHandler):
    replies = {b"DATA": b"354", b"QUIT": b"221"}

    def handle(self):
        self.wfile.write(b"220 sink.test ESMTP\r\n")
        for line in self.rfile:
            verb = line[:4].upper().rstrip()
            self.wfile.write(self.replies.get(verb, b"250") + b" ok\r\n")
            if verb == b"QUIT":
                break
            if verb == b"DATA":
                lines = list(iter(self.rfile.readline, b".\r\n"))
                if b"" in lines[-1:]:
                    break
                self.server.kept.append(b"".join(lines))
                self.wfile.write(b"250 kept\r\n")


class Bench:
    """A pipeline and another host, for one fault after the other."""

    def __init__(self, directory):
        os.mkdir(directory, 0o755)
        self.sink = Sink()
        self.pipeline = Pipeline(directory, free_port(), "127.0.0.1:%d" %
                                 self.sink.server_address[1])
        self.hurried = 0

    def run(self, around):
        """With each stage inside around[stage], if anything."""
        for stage in STAGES:
            self.pipeline.wrap(stage, around.get(stage, ["env"]))
        self.pipeline.lay({})
        self.sink.kept.clear()
        self.messages = []
        self.pipeline.start(*STAGES)
        try:
            for kind in "small", "large", "remote", "small":
                self.pipeline.wait(f"a {kind} message is taken", ARRIVAL_S,
                                   lambda: self.takes(kind), self.care)
            self.pipeline.wait("arrival", ARRIVAL_S, self.arrived, self.care)
        except Stuck:
            self.end()
            raise
        self.pipeline.stop()
        # what was in a Maildir may be taken back when a sync of that fails
        if not self.arrived():
            self.pipeline.start(*STAGES)
            self.pipeline.wait("second arrival", ARRIVAL_S, self.arrived,
                               self.care)
            self.pipeline.stop()
        for message in self.messages:
            self.look(message)

    def end(self):
        try:
            self.pipeline.stop()
        except Stuck:
            pass    # there is a better reason already

    def takes(self, kind):
        message = Message(len(self.messages), kind)
        self.messages.append(message)
        message.send(self.pipeline.port)
        return message.outcome == TAKEN

    def care(self):
        self.pipeline.mend()
        if time.monotonic() > self.hurried + 0.3:
            self.hurried = time.monotonic()
            self.pipeline.hurry()

    def copies(self, message):
        """Octets of those abroad, names of those in a Maildir."""
        if message.kind == "remote":
            return [o for o in self.sink.kept if message.subject() in o]
        return self.pipeline.copies(message.box())

    def arrived(self):
        return all(self.copies(m) for m in self.messages
                   if m.outcome == TAKEN)

    def look(self, message):
        copies = self.copies(message)
        if message.kind == "remote":
            whole = [o.endswith(message.octets()) for o in copies]
        else:
            whole = [is_copy(name, message.octets()) for name in copies]
            if len(copies) > 1:
                raise Stuck(f"twice: {copies}")
        if not all(whole):
            raise Stuck(f"altered: message {message.n}")


def strace(*options):
    return ["strace", "-D", "-f", "-qq", "-e", "signal=none", *options]


def learn(bench, directory):
    """{(stage, call): how often, in the process that makes most of them}"""
    log = {s: os.path.join(directory, f"{s}.strace") for s in STAGES}
    bench.run({s: strace("-o", log[s]) for s in STAGES})
    most = {}
    for stage in STAGES:
        with open(log[stage], errors="replace") as f:
            calls = collections.Counter(re.findall(r"(?m)^(\d+) +(\w+)\(",
                                                   f.read()))
        for (_, call), n in calls.items():
            if call not in NEVER:
                most[stage, call] = max(n, most.get((stage, call), 0))
    return most


def attempt(bench, fault):
    stage, call, error, n = fault
    try:
        bench.run({stage: strace("-o", "/dev/null", "-e", f"trace={call}", "-e",
                                 f"inject={call}:error={error}:when={n}")})
    except Stuck as e:
        return f"{stage}:{call}:{error}:{n}: {e}"
    return None


def prove(options, scratch):
    benches, lock = {}, threading.Lock()

    def mine():
        with lock:
            me = threading.get_ident()
            if me not in benches:
                benches[me] = Bench(os.path.join(scratch, str(len(benches))))
            return benches[me]

    if options.fault:
        faults = [tuple(f.split(":")) for f in options.fault]
    else:
        most = learn(mine(), scratch)
        faults = [(stage, call, error, n) for (stage, call), times in
                  sorted(most.items()) for error in ERRORS
                  for n in range(1, times + 1)]
    total = len(faults)
    rand = random.Random(options.seed)
    rand.shuffle(faults)
    faults = faults[:options.faults]
    broken = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for told in pool.map(lambda f: attempt(mine(), f), faults):
            if told:
                broken += 1
                print(told, flush=True)
    print(f"{total} faults, {len(faults)} tried, {broken} broke a promise")
    return broken


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fault", nargs="*")
    parser.add_argument("--faults", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2 * os.cpu_count())
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="faults.") as scratch:
        os.chmod(scratch, 0o755)
        sys.exit(prove(options, scratch) > 0)


if __name__ == "__main__":
    main()
