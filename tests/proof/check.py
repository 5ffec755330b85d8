# SPDX-License-Identifier: ISC
# Whether queue, send and local keep what was promised on the disk that a crash
# has left; for crash.py.
import glob
import os

import boxes
from boxes import Torn
from pipeline import DOMAIN, Pipeline, Stuck, free_port


class Checker:
    """A pipeline that gets the disk of one crash after the other."""

    def __init__(self, directory):
        self.pipeline = Pipeline(directory, free_port())

    def check(self, tree, messages, said):
        """What is wrong, or nothing, with this disk ({path: octets}) after
        these messages, of which those whose ids were said are promised."""
        try:
            self.pipeline.lay(tree)
            self.recover()
            wrong = []
            for message in messages:
                wrong += self.look(message, message.id.encode() in said)
            return wrong or list(self.left())
        except (Stuck, Torn) as e:
            self.pipeline.kill_all()
            return [str(e)]

    def recover(self):
        for entry in os.scandir(self.pipeline.mail):
            # what was in the way of a Maildir
            if entry.is_file() and entry.name.startswith("late"):
                os.unlink(entry.path)
        self.pipeline.start("local", "send", "queue")
        self.pipeline.wait("recovery", 60, self.drained, self.go_on)
        self.pipeline.stop()

    def drained(self):
        said = self.pipeline.said
        found = said("queue", r"ev=recovered messages=(\d+)")
        ended = set(said("queue", r"ev=finished id=(\w+)"))
        return found and len(ended) >= int(found[0]) + \
            len(said("queue", "ev=report "))

    def go_on(self):
        if self.pipeline.mend():
            raise Stuck("a daemon has ended\n" + self.pipeline.tail())
        # of what waited before nothing is said but that send knows of it
        if self.pipeline.said("send", r"ev=(outcome .*wait=[1-9]|told)"):
            self.pipeline.hurry()

    def look(self, message, promised):
        arrives = [f"sender{message.n}"] if message.reported else \
            message.arrives
        counts = set()
        for box in arrives:
            copies = boxes.copies(self.pipeline, box, message.mark())
            n = len(copies)
            counts.add(min(n, 1) if boxes.may_repeat(box) else n)
            for octets in copies:
                if not (is_report(octets, message) if message.reported else
                        boxes.is_copy(octets, message.octets())):
                    yield f"{message.id}: torn in {box}: {octets[:200]!r}"
        if len(counts) > 1 or max(counts) > 1 or promised and 0 in counts:
            yield (f"{message.id}: {'' if promised else 'not '}"
                   f"acknowledged, copies: {sorted(counts)}")

    def left(self):
        """A second recovery finds nothing to do, and nothing is left over,
        unless there is a place in the journal that nobody can tell from
        damage: the beginning of a segment that never was synced, half there.
        """
        os.unlink(self.pipeline.log("queue"))
        self.pipeline.start("queue")
        said = lambda: self.pipeline.said(
            "queue", r"ev=recovered messages=(\d+) .* damaged=(\d+)")
        self.pipeline.wait("a second recovery", 60, said)
        self.pipeline.stop()
        messages, damaged = said()[0]
        files = os.listdir(os.path.join(self.pipeline.dir, "spool/queue/mess"))
        if messages != "0":
            yield f"left in the queue: {messages} messages"
        if files and damaged == "0":
            yield f"left in mess: {files}"
        if locks := glob.glob(glob.escape(self.pipeline.mail) + "/*.lock"):
            yield f"still locked: {locks}"


def is_report(text, message):
    return all(f"{box}@{DOMAIN}".encode() in text for box in message.boxes) \
        and text.rstrip().endswith(b"--")
