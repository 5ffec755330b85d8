# SPDX-License-Identifier: ISC
# Messages of several kinds, how they are sent and where they must be then; for
# faults.py.
import os
import subprocess

import boxes
from boxes import Torn
from pipeline import BUILD, DOMAIN, Client, Died, Refused, Stuck, stuffed

KINDS = ["small", "large", "remote", "returned", "injected", "mbox", "cmd",
         "sys"]
TAKEN, UNKNOWN, REFUSED = "taken", "unknown", "refused"
ANSWER_S = 10


class Message:
    def __init__(self, n, kind):
        self.n, self.kind, self.outcome = n, kind, REFUSED

    def was_taken(self):
        return self.outcome == TAKEN

    def subject(self):
        return f"Subject: number {self.n}\r\n".encode()

    def octets(self):
        size = 100000 if self.kind == "large" else 100
        head = f"From: {self.sender()}\r\n".encode() + self.subject()
        if self.kind == "returned":     # there already: a loop
            head += f"Delivered-To: {self.recipient()}\r\n".encode()
        return head + b"\r\n" + b"%016d.............\r\n" % self.n * (
            size // 31)

    def sender(self):
        return f"from{self.n}@{DOMAIN}"

    def recipient(self):
        if self.kind == "remote":
            return f"to{self.n}@elsewhere.test"
        return (self.kind if self.kind in boxes.KINDS else f"to{self.n}") + \
            f"@{DOMAIN}"

    def send(self, pipeline, around):
        """Whether it was taken. No answer to the end means neither."""
        try:
            if self.kind == "injected":
                self.inject(pipeline, around)
            else:
                self.say(pipeline.port)
        except (TimeoutError, subprocess.TimeoutExpired) as e:
            raise Died(f"no answer within {ANSWER_S} s\n" +
                        pipeline.tail()) from e
        except (OSError, Refused):
            pass
        return self.was_taken()

    def say(self, port):
        client = Client(port, timeout=ANSWER_S)
        try:
            client.hello()
            client.say(f"MAIL FROM:<{self.sender()}>")
            client.say(f"RCPT TO:<{self.recipient()}>")
            client.say("DATA", "3")
            octets = stuffed(self.octets())
            client.send(octets[:-3])
            self.outcome = UNKNOWN
            client.send(octets[-3:])
            client.reply("2")
            self.outcome = TAKEN
        finally:
            client.close()

    def inject(self, pipeline, around):
        done = subprocess.run(
            [*around, os.path.join(BUILD, "mailgrave-inject"), "--out",
             os.path.join(pipeline.dir, "spool/submit.ctrl"), "--from",
             self.sender(), self.recipient()],
            input=self.octets().replace(b"\r\n", b"\n"), timeout=ANSWER_S,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            check=False)
        if done.returncode < 0:
            raise Died(f"inject died of signal {-done.returncode}")
        self.outcome = TAKEN if done.returncode == 0 else UNKNOWN

    def copies(self, pipeline, host):
        """The octets of each."""
        if self.kind == "remote":
            return [o for o in host.kept if self.subject() in o]
        path = self.sender() if self.kind == "returned" else self.recipient()
        return boxes.copies(pipeline, path.split("@", maxsplit=1)[0],
                            self.subject().rstrip())

    def has_arrived(self, pipeline, host):
        try:
            return bool(self.copies(pipeline, host))
        except Torn:    # it is being written
            return False

    def look(self, pipeline, host):
        try:
            copies = self.copies(pipeline, host)
        except Torn as e:
            raise Stuck(f"torn: {e}") from e
        if self.kind == "remote":
            whole = [o.endswith(self.octets()) for o in copies]
        elif self.kind == "returned":
            whole = [self.is_report(octets) for octets in copies]
        else:
            whole = [self.is_own(octets) for octets in copies]
        if self.kind not in ("remote", "mbox") and len(copies) > 1:
            raise Stuck(f"twice: {copies}")
        if not all(whole):
            raise Stuck(f"altered: {self.kind} message {self.n}")
        if self.was_taken() and not copies:
            raise Stuck(f"lost: {self.kind} message {self.n}")

    def is_report(self, text):
        return self.recipient().encode() in text and \
            text.rstrip().endswith(b"--")

    def is_own(self, text):
        if self.kind != "injected":
            return boxes.is_copy(text, self.octets())
        # with more in its header
        head, body = self.octets().replace(b"\r\n", b"\n").split(b"\n\n")
        return text.endswith(b"\n\n" + body) and \
            head.split(b"\n")[1] in text
