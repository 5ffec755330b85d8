#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""kills.py DIR KILLS [SEED] - kill by force, at random moments, what runs in
the pipeline that quickstart keeps in DIR: daemons, their helpers and what these
have started, several at once, all at once. Now and then it rests, so that mail gets through."""
import collections
import os
import random
import signal
import sys
import time

STAGES = ["smtpd", "queue", "send", "local", "remote"]
REST_S = 2.5


def descendants(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            children = [int(child) for child in f.read().split()]
    except OSError:
        return []   # it is gone
    return [p for child in children for p in [child] + descendants(child)]


def daemon(directory, stage):
    """Its process, None while it is down."""
    with open(f"{directory}/service/{stage}/supervise/pid") as f:
        return int(f.read() or 0) or None


def family(directory, stage):
    """The daemon and its helpers."""
    try:
        pid = daemon(directory, stage)
        return [pid] + descendants(pid) if pid else []
    except OSError:
        return []


def kill(pid):
    """Its name; None when it is gone, or isn't ours (yet)."""
    try:
        with open(f"/proc/{pid}/comm") as f:
            name = f.read().strip()
        fd = os.pidfd_open(pid)
    except OSError:
        return None
    try:
        if not os.readlink(f"/proc/{pid}/exe").split("/")[-1].startswith(
                "mailgrave-"):
            return None
        signal.pidfd_send_signal(fd, signal.SIGKILL)
        return name
    except OSError:
        return None
    finally:
        os.close(fd)


def victims(directory, rand):
    kind = rand.random()
    if kind < 0.05:
        stages = STAGES
    elif kind < 0.15:
        stages = rand.sample(STAGES, 2)
    else:
        stages = [rand.choice(STAGES)]
    families = [family(directory, stage) for stage in stages]
    if len(stages) > 1 or rand.random() < 0.6:
        return [pid for pids in families for pid in pids[:1]]
    return [rand.choice(pids) for pids in families if pids]


def main():
    directory, kills = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    rand = random.Random(seed)
    killed = collections.Counter()
    print("seed", seed, flush=True)
    while killed.total() < kills:
        time.sleep(REST_S if rand.random() < 0.02 else rand.uniform(0, 0.4))
        killed.update(filter(None, map(kill, victims(directory, rand))))
    print(killed.total(), "killed:",
          ", ".join(f"{n} {name}" for name, n in sorted(killed.items())))


main()
