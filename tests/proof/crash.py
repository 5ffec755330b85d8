#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Every crash. Plays scenes on a real pipeline while strace writes down what
queue and local do to their files, works out what a crash at any moment may
leave on disk, and on each such disk starts queue, send and local again. What
had been acknowledged must be in its mailboxes then, Maildirs, an mbox, those of
a command and of a user, whole, and but for the mbox once; what had not, whole
and once or nowhere; and nothing may be left over. Of some of these
starts the story is written down as well, and they crash like all else. Exit 1
and the smallest reasons when a promise is broken. Root only."""
import argparse
import concurrent.futures
import os
import random
import shutil
import subprocess
import sys
import threading

import disk
import sandbox
import strace
import trace as record
from check import Checker
from pipeline import PARTS, Pipeline
from scenes import FROM_HERE, SAYS, SCENES, play, read_plan

MODELS = ["posix", "ext4"]


class Story:
    """A scene that was recorded: the trace, its messages, and what had been
    acknowledged before it began."""

    def __init__(self, name, trace, messages, said=frozenset()):
        self.name, self.trace, self.messages = name, trace, messages
        self.said = said

    def states(self, most, rand):
        here = [line for line, text in self.trace.said if text == FROM_HERE]
        since = here[-2:][0] if here else -1
        for tree, said, text in disk.crashes(self.trace, since, most, rand):
            yield tree, self.said | said, text

    def laid(self, tree):
        return {os.fsdecode(path): octets for path, octets in
                tree.paths(self.trace.top).items()}


def write_down(scratch, model, ignored, lay, *command):
    """The trace of a command on the disk that lay has made."""
    directory = os.path.join(scratch, "play")
    log, plan = os.path.join(scratch, "log"), os.path.join(scratch, "plan")
    os.mkdir(directory, 0o755)
    lay(Pipeline(directory, 1))     # the directories are there before
    before = record.read(directory, PARTS)
    subprocess.run(strace.command(log) + [sys.executable, __file__, *command,
                                          directory, plan],
                   check=True, stdout=subprocess.DEVNULL)
    trace = record.Trace(log, directory, PARTS, before, SAYS, model == "ext4",
                         ignored)
    if differ := trace.differs(record.read(directory, PARTS)):
        sys.exit(f"{command}: what was recorded doesn't explain {differ}")
    os.unlink(log)
    shutil.rmtree(directory)
    return trace


def scene_story(scene, scratch, model, ignored):
    trace = write_down(scratch, model, ignored, lambda pipeline: None,
                       "--play", scene)
    return Story(f"{scene}, {model}", trace,
                 read_plan(os.path.join(scratch, "plan")))


def recovery_story(story, state, scratch, model, ignored):
    """That of the first start after a crash."""
    tree, said, text = state
    trace = write_down(scratch, model, ignored,
                       lambda pipeline: pipeline.lay(story.laid(tree)),
                       "--recover")
    return Story(f"{story.name}, start after {text[:40]}", trace, story.messages,
                 said)


def recover(directory):
    """Inside strace. The disk is there already."""
    checker = Checker(directory)
    try:
        checker.recover()
    finally:
        checker.pipeline.kill_all()


class Judge:
    """Looks at states, several at a time."""

    def __init__(self, scratch):
        self.scratch, self.checkers = scratch, {}
        self.lock = threading.Lock()
        self.pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())

    def mine(self):
        me = threading.get_ident()
        with self.lock:
            if me not in self.checkers:
                directory = os.path.join(self.scratch,
                                         f"check{len(self.checkers)}")
                os.mkdir(directory, 0o755)
                self.checkers[me] = Checker(directory)
            return self.checkers[me]

    def look(self, story, states):
        """Print how it went; the number of broken ones."""
        def wrong(state):
            tree, said, text = state
            return text, self.mine().check(story.laid(tree),
                                            story.messages, said)
        broken = sorted([(text, why) for text, why in
                         self.pool.map(wrong, states) if why],
                        key=lambda b: len(b[0]))
        for text, why in broken[:3]:
            print(f"  after {text}:", *why, sep="\n    ")
        return len(broken)


def prove(story, judge, options, rand):
    """All its states, or so many by chance; some of them, and how many of
    them are broken."""
    found = list(story.states(options.most, rand))
    total = len(found)
    if options.states and total > options.states:
        found = rand.sample(found, options.states)
    broken = judge.look(story, found)
    print(f"{story.name}: {len(story.trace.ops)} changes, {total} states, "
          f"{len(found)} looked at, {broken} broken", flush=True)
    return rand.sample(found, min(options.again, len(found))), broken


def prove_all(options, scratch):
    judge, broken = Judge(scratch), 0
    for scene in options.scenes:
        for model in options.model:
            rand = random.Random(f"{options.seed} {scene} {model}")
            story = scene_story(scene, scratch, model, options.ignore)
            again, wrong = prove(story, judge, options, rand)
            broken += wrong
            for state in again:
                second = recovery_story(story, state, scratch, model,
                                        options.ignore)
                broken += prove(second, judge, options, rand)[1]
    return broken > 0


def main():
    if sys.argv[1:2] == ["--play"]:
        return play(*sys.argv[2:])
    if sys.argv[1:2] == ["--recover"]:
        return recover(sys.argv[2])
    scratch = sandbox.enter()
    parser = argparse.ArgumentParser(description=__doc__)
    names = [scene.__name__ for scene in SCENES]
    parser.add_argument("scenes", nargs="*", default=names,
                        help=" ".join(names))
    parser.add_argument("--states", type=int, help="at most so many of a "
                        "story, by chance (all)")
    parser.add_argument("--again", type=int, default=1, help="of a scene's "
                        "states, those whose recovery is a story too (1)")
    parser.add_argument("--most", type=int, default=512, help="combinations "
                        "at a moment, before chance decides (512)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ignore", action="append", default=[],
                        help="fsync or fdatasync: as if it did nothing")
    parser.add_argument("--model", choices=MODELS, action="append",
                        help="what disks may lose; posix and ext4 if not said")
    options = parser.parse_args()
    options.model = options.model or MODELS
    return prove_all(options, scratch)


if __name__ == "__main__":
    sys.exit(main())
