#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Every system call fails once. First runs without faults, to learn which calls
each program makes and how often. Then, for each program, call, error and n, a
run in which that call fails at its n-th time in each of the program's
processes, from the first to the last breath of its daemon; or transfers half
(SHORT). Messages to a Maildir, a large one too, to another host, to an mbox, a
command and a user of the machine, one that comes back and one from a user of
the machine are sent anew until they are taken. What
was taken must arrive, whole, and in a Maildir once. A daemon may end, and is
started again without faults; where that isn't enough, all are, once, and then
it must be. No daemon may die of a signal, spin or keep descriptors. Exit 1 when
a promise is broken. Root only."""
import argparse
import collections
import concurrent.futures
import os
import random
import re
import sys
import threading

import sandbox
from host import Host
from idle import Idle
from pipeline import BUILD, STAGES, Died, Pipeline, Stuck, free_port
from post import KINDS, Message

PROGRAMS = STAGES + ["inject"]
ERRORS = ["EIO", "ENOSPC", "ENOMEM", "EMFILE", "EINTR"]
SHORT, SHORTENED = "SHORT", "read pread write pwrite pwritev recv send".split()
SHORT_TIMES = 20
# Not the program's to handle: they can't fail, are the C library's alone (it
# ends a program that gets no random numbers), or a call that isn't made is no
# failure of it but a descriptor that stays.
NEVER = {"execve", "exit", "exit_group", "rt_sigreturn", "restart_syscall",
         "rt_sigaction", "rt_sigprocmask", "arch_prctl", "set_tid_address",
         "set_robust_list", "rseq", "munmap", "madvise", "futex", "close",
         "close_range", "gettid", "getpid", "getppid", "getuid", "geteuid",
         "getgid", "getegid", "umask", "sched_getaffinity", "brk", "getrandom"}
# The last that the loader does, before anything of ours runs.
LOADED = "munmap"
# Calls of which only some can fail: not those.
CANNOT_FAIL = re.compile(r"EPOLL_CTL_(MOD|DEL)")
PATIENCE_S, ARRIVAL_S = 5, 20


class Bench:
    """A pipeline and another host, for one fault after the other."""

    def __init__(self, directory, idle):
        os.mkdir(directory, 0o755)
        self.host, self.idle = Host(), idle
        self.pipeline = Pipeline(directory, free_port(), self.host.name())
        self.log = os.path.join(directory, "strace")

    def run(self, around, learning=False):
        """With each program inside around[program], if anything. True if all
        had to be started again."""
        self.around, self.again, self.messages = around, False, []
        self.host.forget()
        for stage in STAGES:
            self.pipeline.wrap(stage, around.get(stage, ["env"]))
        self.pipeline.lay({})
        try:
            self.pipeline.start(*STAGES)
            for kind in KINDS:
                self.in_the_end(f"a {kind} message is taken",
                                lambda: self.takes(kind))
            self.in_the_end("arrival", self.arrived)
            self.idle.look(self.pipeline, learning)
            self.pipeline.stop()
            # what was in a Maildir may be taken back when a sync of it fails
            if not self.arrived():
                self.pipeline.start(*STAGES)
                self.in_the_end("second arrival", self.arrived)
                self.pipeline.stop()
            for message in self.messages:
                message.look(self.pipeline, self.host)
        finally:
            self.pipeline.kill_all()
        return self.again

    def in_the_end(self, what, done):
        if not self.again:
            try:
                self.pipeline.wait(what, PATIENCE_S, done, self.care)
                return
            except Died:
                raise
            except Stuck:
                self.again = True
                self.pipeline.stop()
                self.pipeline.start(*STAGES)
        self.pipeline.wait(what, ARRIVAL_S, done, self.care)

    def takes(self, kind):
        message = Message(len(self.messages), kind)
        self.messages.append(message)
        return message.send(self.pipeline, self.around.pop("inject", [])
                            if kind == "injected" else [])

    def arrived(self):
        return all(m.has_arrived(self.pipeline, self.host)
                   for m in self.messages if m.was_taken())

    def care(self):
        self.pipeline.mend()
        self.pipeline.hurry(0.3)

    def attempt(self, fault):
        """(the calls that failed, whether all were started again, what is
        wrong)"""
        program, call, error, n = fault
        if error == SHORT:
            command = ["env", f"LD_PRELOAD={BUILD}/tests/proof/short.so",
                       f"SHORT={call}:{n}"]
        else:
            command = strace("-o", self.log, "-e", f"trace={call}", "-e",
                             f"inject={call}:error={error}:when={n}")
        again, wrong = False, None
        try:
            again = self.run({program: command})
        except Stuck as e:
            wrong = str(e)
        happened = self.happened(program, error)
        if happened and all(map(CANNOT_FAIL.search, happened)):
            return [], False, None
        return happened, again, wrong

    def happened(self, program, error):
        """The calls that failed."""
        if error == SHORT:
            return self.pipeline.said(program, "ev=short-count")
        if not os.path.exists(self.log):
            return []
        with open(self.log, errors="replace") as f:
            happened = re.findall(r"\w+\(.*\(INJECTED\)", f.read())
        os.unlink(self.log)
        return happened


def strace(*options):
    """Without what a program executes: commands are not ours."""
    return ["strace", "-D", "-f", "-b", "execve", "-qq", "-e", "signal=none", *options]


class Calls:
    """How often a program makes each call: by the loader, and in the process
    that makes most of them."""

    def __init__(self, log):
        self.loader, self.most = collections.Counter(), collections.Counter()
        counts = collections.defaultdict(collections.Counter)
        loading = True
        with open(log, errors="replace") as f:
            for process, call in re.findall(r"(?m)^(\d+) +(\w+)\(", f.read()):
                loading = loading and call != LOADED
                self.loader[call] += loading
                counts[process][call] += 1
        for made in counts.values():
            self.most |= made

    def faults(self, program):
        for call in sorted(self.most.keys() - NEVER):
            for error in ERRORS:
                for n in range(self.loader[call], self.most[call]):
                    yield program, call, error, str(n + 1)
        for call in SHORTENED:
            for n in range(SHORT_TIMES):
                yield program, call, SHORT, str(n + 1)


def learn(bench, directory):
    """All faults to try, in an order that doesn't depend on luck."""
    for _ in range(3):
        bench.run({}, learning=True)
    log = {p: os.path.join(directory, f"{p}.strace") for p in PROGRAMS}
    bench.run({p: strace("-o", log[p]) for p in PROGRAMS}, learning=True)
    return [fault for p in PROGRAMS for fault in Calls(log[p]).faults(p)]


def prove(options, scratch):
    idle, benches, lock = Idle(), {}, threading.Lock()

    def mine():
        with lock:
            me = threading.get_ident()
            if me not in benches:
                benches[me] = Bench(os.path.join(scratch, str(len(benches))),
                                    idle)
            return benches[me]

    faults = learn(mine(), scratch)
    total = len(faults)
    random.Random(options.seed).shuffle(faults)
    if options.fault:
        faults = [tuple(f.split(":")) for f in options.fault]
    counts = collections.Counter()
    try:
        try_all(faults[:options.faults], options.jobs, mine, counts)
    finally:
        print(f"{total} faults known, {counts['tried']} tried, "
              f"{counts['happened']} happened, {counts['again']} times all "
              f"were started again, {counts['wrong']} broke a promise",
              flush=True)
    return counts["wrong"] > 0 or not counts["happened"]


def try_all(faults, jobs, mine, counts):
    """Say which had consequences; counts is kept up to date."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for fault, (happened, again, wrong) in zip(
                faults, pool.map(lambda f: mine().attempt(f), faults)):
            counts.update(tried=1, happened=int(bool(happened)),
                          again=int(again), wrong=int(bool(wrong)))
            if wrong or again:
                print(f"{':'.join(fault)}:", wrong or
                      "all had to be started again", *happened, sep="\n  ",
                      flush=True)


def main():
    scratch = sandbox.enter()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fault", nargs="*", help="PROGRAM:CALL:ERROR:N, all "
                        "that is tried then")
    parser.add_argument("--faults", type=int, help="so many, by chance (all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2 * os.cpu_count())
    return prove(parser.parse_args(), scratch)


if __name__ == "__main__":
    sys.exit(main())
