# SPDX-License-Identifier: ISC
# What is played on a pipeline while it is recorded, for crash.py.
import json
import os
import re

from pipeline import DOMAIN, Client, Pipeline, Refused, free_port, stuffed

SEGMENT = 1 << 20       # of the journal, on a disk as small as ours
FROM_HERE = b"LOOK FROM HERE"
SAYS = re.compile(      # of both words for a message, the earlier one counts
    rb"ev=queued id=(\w{26})|250 2\.0\.0 accepted id=(\w{26})|(%s)" %
    FROM_HERE)


class Message:
    def __init__(self, n, boxes, arrives=None, size=0, head="",
                 reported=False):
        self.n, self.boxes, self.size = n, boxes, size
        self.arrives = arrives or boxes
        self.head, self.reported, self.id = head, reported, None

    def mark(self):
        """A line that no other has."""
        return b"Subject: %d" % self.n

    def octets(self):
        return (self.mark() + f"\r\n{self.head}\r\n".encode() +
                b"%016d.............\r\n" % self.n * (1 + self.size // 31))

    def sender(self):
        return f"sender{self.n}@{DOMAIN}"


class Play:
    """A pipeline, and what was sent through it."""

    def __init__(self, pipeline):
        self.pipeline, self.messages, self.blocked = pipeline, [], []

    def start(self):
        self.pipeline.start("local", "send", "queue", "smtpd")
        self.pipeline.wait("a start", 60, self.takes_mail)

    def takes_mail(self):
        try:
            client = Client(self.pipeline.port)
            client.hello()
            client.say("MAIL FROM:<>")
            client.close()
        except (OSError, Refused):
            return False
        return True

    def prepare(self, *args, **more):
        """Send all of a message but its end, on a connection of its own."""
        message = Message(len(self.messages), *args, **more)
        self.messages.append(message)
        client = Client(self.pipeline.port)
        client.hello()
        client.say(f"MAIL FROM:<{message.sender()}>")
        for box in message.boxes:
            client.say(f"RCPT TO:<{box}@{DOMAIN}>")
        client.say("DATA", "3")
        client.send(stuffed(message.octets())[:-3])
        return client, message

    def finish(self, *prepared):
        """All ends at once: they become one group, or a few."""
        for client, _ in prepared:
            client.send(b".\r\n")
        for client, message in prepared:
            message.id = client.reply("2").split(b"id=")[1].strip().decode()
            client.close()

    def send(self, *args, **more):
        self.finish(self.prepare(*args, **more))

    def drain(self, but=0):
        finished = lambda: len(self.pipeline.said("queue", "ev=finished"))
        reports = lambda: len(self.pipeline.said("queue", "ev=report "))
        self.pipeline.wait("the end of all", 90, lambda: finished() ==
                           len(self.messages) + reports() - but)

    def block(self, *boxes):
        """Where the Maildirs should be there is something else."""
        self.blocked = [os.path.join(self.pipeline.mail, box) for box in boxes]
        for name in self.blocked:
            with open(name, "x"):
                pass

    def unblock(self):
        for name in self.blocked:
            os.unlink(name)
        self.pipeline.hurry()

    def fill(self, until):
        """The journal goes round, with mail that is delivered at once."""
        while not until():
            self.send([f"fill{len(self.messages)}"], size=60000)

    def segments(self):
        """How often one was begun, by what was appended."""
        return sum(m.size for m in self.messages) / SEGMENT

    # What is written before is only looked at where it lasts. Of many, the
    # one before the last counts: what comes next may have begun at the last.
    def from_here(self):
        print(FROM_HERE.decode(), flush=True)


# --- scenes, each with a start before and an end behind it ----------------

def one(p):
    p.send(["a"])


def three(p):
    p.finish(*[p.prepare([box]) for box in "abc"])


def two_recipients(p):
    p.send(["a", "b"])


def large(p):
    p.send(["a"], size=100000)


def deferred(p):
    p.block("late")
    p.send(["late", "a"])
    p.pipeline.wait("a deferral", 60, lambda: p.pipeline.said(
        "send", r"ev=outcome .*wait=[1-9]"))
    p.drain(but=1)
    p.unblock()


def bounce(p):
    p.send(["loop"], head=f"Delivered-To: loop@{DOMAIN}\r\n", reported=True)


def recycle(p):
    """A segment is used again."""
    p.fill(lambda: p.segments() > 3.8)
    p.drain()
    p.from_here()
    p.fill(lambda: p.segments() > 4.2)


def clean(p):
    """A message moves from the journal to a file of its own."""
    p.block("late")
    p.send(["late", "a"])
    moved = lambda: os.path.exists(os.path.join(
        p.pipeline.dir, "spool/queue/mess", p.messages[0].id))
    p.fill(lambda: moved() or p.from_here())
    p.drain(but=1)
    p.unblock()


def mbox(p):
    """The second message stands behind the first."""
    p.send(["mbox"])
    p.send(["mbox"], size=100000)


def command(p):
    p.send(["cmd", "a"])


def system(p):
    p.send(["sys"])


def alias(p):
    """One recipient becomes three."""
    p.send(["team"], arrives=["a", "b", "c"])


def restart(p):
    """All is killed with mail of every kind waiting, while outcomes are on
    disk that have not been synced, and starts again."""
    p.block("late", "later", "latest")
    p.finish(p.prepare(["late"]), p.prepare(["later", "a"]),
             p.prepare(["latest"], size=100000))
    p.pipeline.wait("outcomes", 60, lambda: len(
        p.pipeline.said("send", "ev=outcome")) >= 4)
    p.pipeline.kill_all()
    p.from_here()
    p.start()
    p.drain(but=3)
    p.unblock()


def laden(p):
    """A segment is used again that lies behind one with old mail."""
    p.block("late")
    p.send(["late"])
    tries = lambda: len(p.pipeline.said("send", r"ev=outcome .*wait=[1-9]"))
    p.pipeline.wait("a deferral", 60, lambda: tries() > 0)
    p.pipeline.hurry()
    p.pipeline.wait("one for minutes", 60, lambda: tries() > 1)
    p.pipeline.kill_all()
    p.start()
    p.fill(lambda: p.drain(but=1) or p.segments() > 3.8)
    p.from_here()
    p.fill(lambda: p.drain(but=1) or p.segments() > 4.4)
    p.unblock()


SCENES = [one, three, two_recipients, large, deferred, bounce, alias, mbox,
          command, system, restart, recycle, laden, clean]


# --- inside strace --------------------------------------------------------

def play(scene, directory, plan):
    p = Play(Pipeline(directory, free_port()))
    try:
        p.start()
        {s.__name__: s for s in SCENES}[scene](p)
        p.drain()
        p.pipeline.stop()
    finally:
        p.pipeline.kill_all()
    with open(plan, "w") as f:
        json.dump([vars(m) for m in p.messages], f)


def read_plan(plan):
    messages = []
    with open(plan) as f:
        for values in json.load(f):
            message = Message(0, [])
            vars(message).update(values)
            messages.append(message)
    return messages
