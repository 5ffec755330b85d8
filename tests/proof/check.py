# SPDX-License-Identifier: ISC
# Whether queue, send and local keep what was promised on the disk that a crash
# has left; for crash.py.
import os

from pipeline import DOMAIN, Pipeline, Stuck, free_port, is_copy


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
        except Stuck as e:
            self.pipeline.kill_all()
            return [str(e)]

    def recover(self):
        for entry in os.scandir(self.pipeline.mail):
            if entry.is_file():     # what was in the way of a Maildir
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
        if self.pipeline.said("send", r"ev=outcome .*wait=[1-9]"):
            self.pipeline.hurry()

    def look(self, message, promised):
        boxes = [f"sender{message.n}"] if message.reported else \
            message.arrives
        counts = set()
        for box in boxes:
            copies = self.pipeline.copies(box)
            counts.add(len(copies))
            for name in copies:
                if not (is_report(name, message) if message.reported else
                        is_copy(name, message.octets())):
                    yield f"{message.id}: torn: {name}"
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


def is_report(name, message):
    with open(name, "rb") as f:
        text = f.read()
    return all(f"{box}@{DOMAIN}".encode() in text for box in message.boxes) \
        and text.rstrip().endswith(b"--")
