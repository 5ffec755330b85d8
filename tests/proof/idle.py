# SPDX-License-Identifier: ISC
# Daemons that have nothing to do: whether they rest, and hold no more
# descriptors than when nothing had failed; for faults.py.
import collections
import os
import re
import time

from pipeline import Stuck

GLANCE_S, LOOK_S, SHARE = 0.05, 1, 0.25
KEPT_S = 25     # longer than connections are kept for the next message


def family(pid):
    found = [pid]
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            for child in f.read().split():
                found += family(int(child))
    except FileNotFoundError:
        pass
    return found


def used_s(pid):
    """The processor's time that it had."""
    try:
        with open(f"/proc/{pid}/schedstat") as f:
            return int(f.read().split()[0]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return 0


def kind(to, directory):
    """That of what a descriptor leads to: the part of the pipeline."""
    if to.startswith(directory + "/"):
        return "/".join(to[len(directory) + 1:].split("/")[:3])
    return re.sub(r"[0-9].*", "", to)


def descriptors(pid, directory):
    """How many of each kind. How many segments a journal has is its own
    affair."""
    kinds = collections.Counter()
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            to = os.readlink(f"/proc/{pid}/fd/{fd}")
            kinds[kind(to, directory)] += 1
    except FileNotFoundError:
        pass
    del kinds["spool/queue/journal"]
    return kinds


class Idle:
    def __init__(self):
        self.usual = collections.defaultdict(collections.Counter)

    def look(self, pipeline, learning):
        daemons = {stage: process.pid for stage, process in
                   pipeline.running.items() if process.poll() is None}
        for stage, share in self.busy(daemons, GLANCE_S).items():
            if share > SHARE and self.busy(
                    {stage: daemons[stage]}, LOOK_S)[stage] > SHARE:
                raise Stuck(f"{stage} spins")
        until = time.monotonic() + KEPT_S
        while more := self.more(pipeline.dir, daemons, learning):
            if time.monotonic() > until:
                raise Stuck(f"more descriptors than usual: {more}")
            time.sleep(GLANCE_S)

    @staticmethod
    def busy(daemons, seconds):
        before = {stage: sum(map(used_s, family(pid)))
                  for stage, pid in daemons.items()}
        time.sleep(seconds)
        return {stage: (sum(map(used_s, family(pid))) - before[stage]) /
                seconds for stage, pid in daemons.items()}

    def more(self, directory, daemons, learning):
        more = {}
        for stage, pid in daemons.items():
            found = descriptors(pid, directory)
            if learning:
                self.usual[stage] |= found
            elif found - self.usual[stage]:
                more[stage] = dict(found - self.usual[stage])
        return more
