#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""mutations.py DIR SEED-DIR RECORD ROUNDS [SEED] - change a stopped spool, run
what needs it, and look at what came of it, so many times.

DIR is quickstart's; SEED-DIR the spool and the mail to begin with each time;
RECORD what load.py has sent. A message whose octets were left alone must be
delivered; no other may be there but whole, and none twice; nobody crashes; what
can be known to be damaged is said to be."""
import os
import random
import re
import shutil
import subprocess
import sys
import time

import journal

WAIT_S = 10
STAGES = ["local", "send", "queue"]
LOAD = os.path.join(os.path.dirname(__file__), "../tools/load.py")


def read(name):
    with open(name, "rb") as f:
        return f.read()


def write(name, octets):
    with open(name, "r+b" if os.path.exists(name) else "wb") as f:
        f.truncate(len(octets))
        f.write(octets)


class Spool:
    """A copy of the seed, and what has been done to it."""

    def __init__(self, at, seed, rand):
        self.at, self.seed, self.rand = at, seed, rand
        self.touched = set()    # names of messages that may be missing
        self.seen = {}          # segments that show their damage
        self.story = []
        self.origin = {name: name for name in seed.used}
        for sub in "journal", "mess", "damaged":
            shutil.rmtree(f"{at}/{sub}", ignore_errors=True)
            shutil.copytree(f"{seed.at}/queue/{sub}", f"{at}/{sub}")
        self.own()

    def own(self):
        """All of it is the queue's."""
        info = os.stat(f"{self.seed.at}/queue/journal")
        for top, subs, names in os.walk(self.at):
            for name in subs + names if top != self.at else \
                    ["journal", "mess", "damaged"]:
                os.chown(os.path.join(top, name), info.st_uid, info.st_gid,
                         follow_symlinks=False)

    def path(self, *names):
        return os.path.join(self.at, *names)

    def say(self, what, where, *words):
        self.story.append(" ".join([what, where, *map(str, words)]))

    # --- what a disk does to octets

    def place(self, octets, used):
        """Mostly among those that mean something."""
        end = len(octets)
        if self.rand.random() < 0.9:
            end = min(end, used)
        at = self.rand.randrange(end)
        size = self.rand.choice([1, 8, 64, 512, 4096, 20000])
        if self.rand.random() < 0.5:
            at -= at % min(size, 4096)
        return at, min(size, len(octets) - at)

    def changed(self, octets, used):
        """The words for it, and the new octets, of the same length."""
        at, size = self.place(octets, used)
        how = self.rand.choice(["flip", "zero", "garbage"])
        part = bytearray(octets[at:at + size])
        if how == "flip":
            size = self.rand.randrange(1, 8)
            for _ in range(size):
                part[self.rand.randrange(len(part))] ^= \
                    1 << self.rand.randrange(8)
        else:
            part[:] = bytes(len(part)) if how == "zero" else \
                self.rand.randbytes(len(part))
        return (how, at, len(part)), \
            octets[:at] + part + octets[at + len(part):]

    def segment(self):
        """The name of one that holds something."""
        return self.rand.choice(sorted(self.origin))

    def segment_octets(self):
        name = self.segment()
        octets = read(self.path("journal", name))
        if not octets:
            return
        units = self.seed.units[self.origin[name]]
        words, new = self.changed(octets, units[-1].end)
        write(self.path("journal", name), new)
        self.say("segment", name, *words)
        self.judge(name, new)

    def segment_end(self):
        name = self.segment()
        octets = read(self.path("journal", name))
        size = self.rand.choice([0, 100, 4096, self.rand.randrange(
            len(octets) + 1), len(octets) + 4096])
        new = octets[:size].ljust(size, b"\x55")
        write(self.path("journal", name), new)
        self.say("segment", name, "has", size, "octets")
        self.judge(name, new)

    def judge(self, name, new):
        """What is missing now, and whether that can be seen."""
        old = self.seed.octets[self.origin[name]]
        units = self.seed.units[self.origin[name]]
        whole = [unit.same(old, new) for unit in units]
        # something that counts lies behind it, and says that it was there
        seen = any(later.knows(unit)
                   for i, unit in enumerate(units) if not whole[i]
                   for j, later in enumerate(units) if j > i and whole[j])
        # without its head, which is there twice, none of it can be read
        if not any(old[at:at + 64] == new[at:at + 64]
                   for at in journal.HEADS):
            whole = [False] * len(units)
            seen = any(new)
        self.seen[self.origin[name]] = seen
        self.touched.update(unit.message for unit, fine in zip(units, whole)
                            if not fine and unit.message)

    # --- what people do to files

    def segment_names(self):
        name, other = self.segment(), self.segment()
        how = self.rand.choice(["swap", "copy", "alien"])
        at, to = self.path("journal", name), self.path("journal", other)
        if how == "swap" and name != other:
            os.rename(at, at + ".x")
            os.rename(to, at)
            os.rename(at + ".x", to)
            self.origin[name], self.origin[other] = \
                self.origin[other], self.origin[name]
        elif how == "copy":
            shutil.copy(at, self.path("journal",
                                      f"{len(self.seed.octets):08x}"))
        elif how == "alien":
            # what it held can't be found, that of the others can
            os.rename(at, self.path("journal", "saved-" + name))
            self.judge(name, b"")
            del self.origin[name]
        self.say(how, name, other)

    def aliens(self):
        kinds = [
            lambda at: write(at, self.rand.randbytes(5000)),
            lambda at: write(at, b""),
            os.mkdir,
            os.mkfifo,
            lambda at: os.symlink("/etc/passwd", at),
        ]
        name = self.rand.choice([
            "journal/ffffffff", "journal/next", "journal/x", "mess/x",
            "journal/%08x" % (len(self.seed.octets) + 1),
            "mess/01m7x000000000000000000000", "damaged/x",
            "mess/.hidden", "damaged/0000000000000001-00001000"])
        at = self.path(name)
        if not os.path.lexists(at):
            kind = self.rand.randrange(len(kinds))
            kinds[kind](at)
            self.say("alien", name, kind)

    def message_file(self):
        name = self.rand.choice(sorted(self.seed.files))
        at = self.path("mess", name)
        if not os.path.isfile(at) or not os.path.getsize(at):
            return
        octets = read(at)
        how = self.rand.choice(["change", "cut", "longer", "gone"])
        if how == "change":
            words, octets = self.changed(octets, len(octets))
        elif how == "cut":
            words = [self.rand.choice([0, self.rand.randrange(len(octets))])]
            octets = octets[:words[0]]
        else:
            words = []
            octets += b"more\r\n"
        write(at, octets)
        if how == "gone":
            os.unlink(at)
        self.touched.add(self.seed.files[name])
        self.say("message file", name, how, *words)

    def mutate(self):
        for _ in range(self.rand.choice([1, 1, 1, 2, 5])):
            self.rand.choices(
                [self.segment_octets, self.segment_end, self.segment_names,
                 self.aliens, self.message_file],
                [10, 2, 1, 2, 5])[0]()
        self.own()


class Seed:
    """What there was, and where it lay."""

    def __init__(self, at, waiting):
        self.at, self.waiting = at, waiting
        names = sorted(name for name in os.listdir(f"{at}/queue/journal")
                       if re.fullmatch("[0-9a-f]{8}", name))
        self.octets = {name: read(f"{at}/queue/journal/{name}")
                       for name in names}
        self.units = {name: journal.units(self.octets[name])
                      for name in names}
        self.used = [name for name in names if self.units[name]]
        self.files = {name: self.owner(name)
                      for name in os.listdir(f"{at}/queue/mess")}

    def owner(self, name):
        """The recipient of the message that has this file."""
        text = read(f"{self.at}/queue/mess/{name}")
        return "n" + re.search(rb"Subject: (\d+)", text).group(1).decode()


def start(directory, logs):
    """The stages without a supervisor."""
    return {stage: subprocess.Popen(
        [f"{directory}/service/{stage}/run"], stdin=subprocess.DEVNULL,
        stdout=open(f"{logs}/{stage}.words", "wb"), stderr=subprocess.STDOUT,
        cwd="/") for stage in STAGES}


def is_there(directory, name):
    new = f"{directory}/mail/{name}/new"
    return os.path.isdir(new) and bool(os.listdir(new))


def run(directory, expected, logs):
    """Until all of these are there; what is wrong with the programs."""
    running = start(directory, logs)
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until and \
            not all(is_there(directory, name) for name in expected) and \
            all(p.poll() is None for p in running.values()):
        time.sleep(0.02)
    time.sleep(0.05)
    for p in running.values():
        p.terminate()
    for stage, p in running.items():
        status = p.wait(20)
        if status:
            last = read(f"{logs}/{stage}.words").decode().splitlines()[-1:]
            yield f"{stage} ended with {status}: {' '.join(last)}"


def check(directory, record, touched):
    """By load.py, to which a touched message has an unknown fate."""
    name = f"{directory}/record"
    with open(record) as f, open(name, "w") as out:
        for line in f:
            n = line.split()[0]
            fate = "unknown" if "n" + n in touched else "acknowledged"
            out.write(f"{n} {fate} \n")
    p = subprocess.run([LOAD, "check", "--mail", f"{directory}/mail",
                        "--record", name, "--wait", "0", "--settle", "0",
                        "--faults"], capture_output=True, text=True)
    return [] if p.returncode == 0 else p.stdout.splitlines()[1:] or \
        [p.stderr]


def one_round(directory, seed, record, rand):
    spool = Spool(f"{directory}/spool/queue", seed, rand)
    for name in seed.waiting:
        shutil.rmtree(f"{directory}/mail/{name}", ignore_errors=True)
    spool.mutate()
    logs = f"{directory}/log"
    aside = set(os.listdir(spool.path("damaged")))
    wrong = list(run(directory, set(seed.waiting) - spool.touched, logs))
    wrong += check(directory, record, spool.touched)
    said = b"damaged kept=" in read(f"{logs}/queue.words") and \
        bool(set(os.listdir(spool.path("damaged"))) - aside)
    if any(spool.seen.values()) and not said:
        wrong.append("nobody speaks of the damage")
    return wrong, spool.story


def main():
    directory, seed_directory, record, rounds = sys.argv[1:5]
    first = int(sys.argv[5]) if len(sys.argv) > 5 else random.randrange(1 << 30)
    with open(record) as f:
        names = sorted({"n" + line.split()[0] for line in f})
    waiting = [name for name in names if not is_there(directory, name)]
    seed = Seed(seed_directory, waiting)
    print(f"{len(names)} messages, {len(waiting)} of them waiting, in",
          len(seed.used), "segments and", len(seed.files), "files")
    bad = 0
    for number in range(first, first + int(rounds)):
        wrong, story = one_round(directory, seed, record,
                                 random.Random(number))
        if wrong:
            bad += 1
            print(f"seed {number}:", "; ".join(story))
            print("\n".join("\t" + fault for fault in wrong[:5]), flush=True)
    print(rounds, "rounds,", bad, "went wrong")
    sys.exit(bad > 0)


main()
