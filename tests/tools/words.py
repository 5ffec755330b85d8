#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""words.py SOCKET DIR COUNT [SEED] - give mailgrave-local messages in which all
that a stranger can write is meant to make $EVIL, for a command that writes down
what it got (the rule is in e2e_words.sh) in DIR, and compare octet by octet. A
text that is no argument must be refused with 5.1.3, and the command not run.

words.py --smtp PORT DIR COUNT [SEED] - the same by SMTP, as far as that lets
such texts through."""
import os
import random
import re
import sys
import time
from types import SimpleNamespace

from deliver import Send, options
from smtp import Client, Refused, stuffed

EVIL = os.environ["EVIL"]   # a path, what would be made, or its name at home
NAME = os.path.basename(EVIL)
ATEXT = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
                   r"(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+)*")
TEXTS = [f";touch {NAME}", f"$(touch {NAME})", f"`touch {NAME}`",
         f"() {{ :;}}; touch {NAME}", f"|touch {NAME}", f"a>{NAME}",
         f"'; touch {NAME}; '", f"\"; touch {NAME}; \"", f";touch {EVIL}", f"$(touch {EVIL})", f"`touch {EVIL}`",
         f"() {{ :;}}; touch {EVIL}", f"|touch {EVIL}", f"&touch {EVIL}&",
         f">{EVIL}", "../../x", "../.." + EVIL, "-oQ/tmp", "--help",
         "-c", "'", '"', "\\", "'\"\\'", "${IFS}$$*?[a-z]~", "%s%n%x", "!!",
         " a  b ", "#", "a=b", "$PATH", "\u00e9\u00fc\u20ac", "x" * 50]
MORE = [f"a\ntouch {EVIL}\n", "\r\n.\r\nQUIT\r\n", "\x01\x1b[2J\x7f",
        "a\tb", "L" * 200, f"\n\n$(touch {EVIL})"]   # in no address
RAW = bytes(range(1, 256)) + b"\xff\xfe\xc3\x28"


def quoted(local):
    return '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shortest(local):
    """As our SMTP server passes it on: quoted only where it must be."""
    return local if ATEXT.fullmatch(local) else quoted(local)


def lower(text):
    return "".join(c.lower() if c.isascii() else c for c in text)


def is_argument(text):
    return not text or not (text[0] in ".-" or "/" in text)


def xtext(text):
    return "".join(chr(c) if 33 <= c <= 126 and c not in b"+=" else f"+{c:02X}"
                   for c in text.encode())


def header(rand):
    return f"Subject: {rand.choice(TEXTS)}\nX: ".encode() + \
        RAW.replace(b"\n", b"").replace(b"\r", b"") + b"\n\n" + \
        rand.choice(TEXTS + MORE).replace("\r", "").encode() + b"\n"


class Case:
    """One message, and what its command must get."""

    def __init__(self, n, rand, alone=True):
        any_text = TEXTS + MORE if alone else TEXTS
        self.n, self.message = n, b"X-Number: %d\n" % n + header(rand)
        self.local, self.ext = rand.choice(TEXTS), rand.choice(TEXTS + [""])
        if len((self.local + self.ext).encode()) > 60:
            self.ext = ""
        whole = self.local + ("+" + self.ext if self.ext else "")
        box = quoted if alone else shortest
        self.address = quoted(whole) + "@Show.test"
        came = self.address if alone else box(whole) + "@show.test"
        sender = rand.choice(TEXTS)
        self.sender = quoted(sender) + "@x.test"
        self.runs = is_argument(lower(self.local)) and \
            is_argument(lower(self.ext))
        self.argv = [lower(self.local), lower(self.ext), "--x=show.test"]
        said = {name: rand.choice(any_text)
                for name in ("helo", "name", "login", "orcpt")}
        said["envid"] = rand.choice(any_text)[:100]
        self.said = SimpleNamespace(**said)
        self.env = {
            "SENDER": box(sender) + "@x.test", "RECIPIENT": came,
            "RPLINE": f"Return-Path: <{box(sender)}@x.test>\n",
            "DTLINE": f"Delivered-To: {came}\n",
            "LOCAL": whole, "EXT": self.ext, "EXTENSION": self.ext,
            "DEFAULT": self.ext, "HOST": "show.test"}
        if alone:
            self.env |= {
                "CLIENT_HELO": said["helo"], "CLIENT_HOSTNAME": said["name"],
                "SASL_USERNAME": said["login"], "ENVID": said["envid"],
                "ORIGINAL_RECIPIENT": said["orcpt"]}

    def path(self, directory, kind):
        return os.path.join(directory, f"{self.n}.{kind}")

    def read(self, directory, kind):
        with open(self.path(directory, kind), "rb") as f:
            return f.read()

    def faults(self, directory):
        if not self.runs:
            if os.path.exists(self.path(directory, "argv")):
                yield "ran"
            return
        argv = "".join(word + "\0" for word in self.argv).encode()
        if (got := self.read(directory, "argv")) != argv:
            yield f"argv: {got} for {argv}"
        env = dict(entry.split(b"=", 1) for entry in
                   self.read(directory, "env").split(b"\0")[:-1])
        for name, value in self.env.items():
            if env.get(name.encode()) != value.encode():
                yield f"{name}: {env.get(name.encode())} for {value!r}"
        if not self.read(directory, "mail").endswith(self.message):
            yield "message"


def deliver(case, send):
    """True if it was carried out, False if it was refused as it should be."""
    job = options(["socket", "rcpt"])   # as always
    job.id, job.how = os.urandom(16), bytes(3)
    job.sender = case.sender.encode()
    for name in "envid", "name", "helo", "login":
        setattr(job, name, getattr(case.said, name).encode())
    job.orcpt = f"rfc822;{xtext(case.said.orcpt)}"
    send.give(case.n, case.message.replace(b"\n", b"\r\n"),
              [(case.n, case.address.encode(), 0)], job)
    _, _, verdict, (status, _, words) = send.result()
    if (verdict, status) == ("perm", "5.1.3"):
        return False
    if verdict != "ok":
        raise Refused(f"{verdict} {status} {words}")
    return True


def smtp(case, port):
    client = Client(port)
    try:
        client.reply("2")
        client.say("EHLO client.test")
        client.say(f"MAIL FROM:<{case.sender}> SMTPUTF8 BODY=8BITMIME")
        client.say(f"RCPT TO:<{case.address}>")
        client.say("DATA", "3")
        client.send(stuffed(case.message.replace(b"\n", b"\r\n")))
        client.reply("2")
        return True
    except Refused as e:
        if "5.1.3" in str(e):
            return False
        raise
    finally:
        client.close()


def main():
    by_smtp = sys.argv[1] == "--smtp"
    to, directory, count = sys.argv[1 + by_smtp:4 + by_smtp]
    seed = int((sys.argv[4 + by_smtp:] or [time.time_ns()])[0])
    print("seed", seed)
    rand, wrong, ran = random.Random(seed), [], 0
    send = None if by_smtp else Send(to)
    for n in range(1, int(count) + 1):
        case = Case(n, rand, not by_smtp)
        try:
            done = smtp(case, int(to)) if by_smtp else deliver(case, send)
        except Refused as e:
            wrong.append(f"{case.address}: {e}")
            continue
        ran += done
        if done != case.runs:
            wrong.append(f"{case.address}: {'not ' * case.runs}refused")
            continue
        wrong += [f"{case.address}: {fault}"
                  for fault in case.faults(directory)]
    print(ran, "ran", int(count) - ran, "refused", len(wrong), "wrong")
    print("\n".join(wrong[:10]))
    return bool(wrong) or not ran or ran == int(count)


sys.exit(main())
