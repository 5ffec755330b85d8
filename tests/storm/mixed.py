#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Messages whose recipients fare differently, and whether all came out right.

Message N goes from bN@example.test to mN@example.test, a Maildir, to an mbox
that others go to as well, to a command that keeps it in a file (proof/keep), to
a user of the machine when there is one, to fN@far.test, which the other host
takes, and to noN@far.test, which it refuses: bN is told.

mixed.py send   one client; what the server said to each goes into --record
mixed.py host   the other host; what it took goes into --host
mixed.py check  of each acknowledged message, one copy lies in mN, in the user's
                Maildir and in the command's file, mbox and the other host have
                at least one, and one report about noN lies in bN; none is
                altered, none is half
"""
import argparse
import collections
import contextlib
import glob
import os
import random
import re
import socketserver
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../tools"))
import mbox  # noqa: E402
from smtp import Client, Refused, stuffed  # noqa: E402

MBOXES = 3
ACKNOWLEDGED, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"


def text(n):
    """Message n: always the same octets; one in eight has a file of its own."""
    rand = random.Random(n)
    size = rand.choice([0, 60, 500, 500, 2000, 2000, 20000, 70000])
    lines = [rand.randbytes(37).hex() for _ in range(size // 76)]
    return "\r\n".join([f"From: b{n}@example.test", f"Subject: {n}", "",
                        *lines, f"end of {n}", ""]).encode()


def send_one(client, n, user):
    octets = stuffed(text(n))
    client.say(f"MAIL FROM:<b{n}@example.test>")
    boxes = [f"m{n}", f"mbox{n % MBOXES}", "command"] + ["user"] * user
    for to in [f"{box}@example.test" for box in boxes] + \
            [f"f{n}@far.test", f"no{n}@far.test"]:
        client.say(f"RCPT TO:<{to}>")
    client.say("DATA", "3")
    client.send(octets[:-3])
    try:
        client.send(octets[-3:])
        client.reply("2")
        return ACKNOWLEDGED
    except (OSError, Refused):
        return UNKNOWN


def send(options):
    client, n = None, options.first
    until = time.monotonic() + options.seconds
    with open(options.record, "a") as record:
        while time.monotonic() < until:
            outcome = REFUSED
            try:
                if client is None:
                    client = Client(options.port)
                    client.hello()
                outcome = send_one(client, n, bool(options.home))
            except (OSError, Refused):
                pass
            record.write(f"{n} {outcome}\n")
            record.flush()
            n += 1
            if outcome != ACKNOWLEDGED:
                if client:
                    client.close()
                client = None
            time.sleep(options.pause)


class Host(socketserver.StreamRequestHandler):
    """Answers RCPT by the recipient's name, and notes what it has taken."""

    def say(self, words):
        self.wfile.write(words.encode() + b"\r\n")

    def message(self):
        """Without the dots of the transfer; None when it breaks off."""
        octets = b""
        for line in self.rfile:
            if line == b".\r\n":
                return octets
            octets += line[1:] if line.startswith(b".") else line
        return None

    def handle(self):
        try:
            self.dialogue()
        except ConnectionError:
            pass  # whoever was killed comes again

    def dialogue(self):
        self.say("220 far.test ESMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"QUIT":
                self.say("221 2.0.0 bye")
                return
            if verb == b"RCPT" and b"<no" in line:
                self.say("550 5.1.1 nobody here")
            elif verb == b"RCPT":
                n = int(re.search(rb"<f(\d+)@", line).group(1))
                self.say("250 2.1.5 ok")
            elif verb != b"DATA":
                self.say("250 2.0.0 ok")
            else:
                self.say("354 go on")
                octets = self.message()
                if octets is None:
                    return
                fate = "whole" if octets.endswith(b"\r\n" + text(n)) \
                    else "altered"
                os.write(self.server.record, f"{n} {fate}\n".encode())
                self.say("250 2.0.0 kept")


class Hosts(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def host(options):
    with Hosts(("127.0.0.1", options.port), Host) as server:
        server.record = os.open(options.host,
                                os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        server.serve_forever()


def read_files(pattern):
    """One may go away meanwhile: a delivery ends, or is taken back."""
    for name in glob.glob(pattern):
        with contextlib.suppress(FileNotFoundError), open(name, "rb") as f:
            yield f.read()


def contents(box):
    """Of the files in a Maildir's new/; tmp/ must be empty."""
    return [*read_files(f"{box}/new/*"),
            *(None for _ in glob.glob(f"{box}/tmp/*"))]


def sort(messages, found):
    """By their numbers, which stand in their ends; without one it is half."""
    for octets in messages:
        end = re.search(rb"\nend of (\d+)\n\Z", octets)
        if not end:
            raise mbox.Torn(f"{octets[:60]!r}...{octets[-30:]!r}")
        found[int(end[1])].append(octets)
    return found


def read_shared(options):
    """What lies where messages are together: {place: {number: copies}}"""
    at = {"an mbox": collections.defaultdict(list)}
    for n in range(MBOXES):
        sort(mbox.messages(os.path.join(options.mail, f"mbox{n}")),
             at["an mbox"])
    at["a command"] = sort(read_files(f"{options.kept}/*[0-9]"),
                           collections.defaultdict(list))
    if options.home:
        at["a user"] = sort(read_files(f"{options.home}/Maildir/new/*"),
                            collections.defaultdict(list))
    return at


def shared_faults(n, outcome, shared):
    want = b"\n" + text(n).replace(b"\r\n", b"\n")
    for place, found in shared.items():
        copies = found.get(n, [])
        if outcome == ACKNOWLEDGED and not copies:
            yield f"lost on the way to {place}"
        if outcome == REFUSED and copies:
            yield f"refused, but {place} has it"
        if len(copies) > 1 and place != "an mbox":
            yield f"{place} has {len(copies)} copies"
        if not all(copy.endswith(want) for copy in copies):
            yield f"altered on the way to {place}"


def read_record(name):
    with open(name) as f:
        return {int(n): fate for n, fate in map(str.split, f)}


def faults(options, n, outcome, taken):
    """What is wrong about message n; what it waits for comes first."""
    copies = contents(os.path.join(options.mail, f"m{n}"))
    reports = contents(os.path.join(options.mail, f"b{n}"))
    if outcome == ACKNOWLEDGED:
        if not copies:
            yield "lost"
        if n not in taken:
            yield "lost on the way to the other host"
        if not reports:
            yield "its sender wasn't told"
    for found, what in (copies, "copies"), (reports, "reports"):
        if None in found:
            yield "something is left in tmp"
        elif len(found) > 1:
            yield f"{len(found)} {what}"
        elif found and outcome == REFUSED:
            yield f"refused, but there are {what}"
    want = b"\n" + text(n).replace(b"\r\n", b"\n")
    if any(copy and not copy.endswith(want) for copy in copies) or \
            taken.get(n, "whole") != "whole":
        yield "altered"
    # of those who have it, a report doesn't speak
    for report in filter(None, reports):
        told = set(re.findall(rb"Final-Recipient: rfc822; ?(\S+)", report))
        if told != {b"no%d@far.test" % n}:
            yield f"the report tells of {told}"


def all_faults(options, outcomes):
    try:
        shared = read_shared(options)
    except mbox.Torn as e:  # one may be being written
        return [f"torn: {e}"]
    taken = read_record(options.host)
    return [f"{n}: {fault}" for n in sorted(outcomes)
            for fault in (*faults(options, n, outcomes[n], taken),
                          *shared_faults(n, outcomes[n], shared))]


def check(options):
    outcomes = read_record(options.record)
    until = time.monotonic() + options.wait
    while True:
        wrong = all_faults(options, outcomes)
        if not wrong or time.monotonic() > until:
            break
        time.sleep(0.5)
    fates = list(outcomes.values())
    print(", ".join(f"{fates.count(fate)} {fate}" for fate in
                    (ACKNOWLEDGED, REFUSED, UNKNOWN)), f"{len(wrong)} wrong")
    print("\n".join(wrong[:20]))
    return bool(wrong) or ACKNOWLEDGED not in fates


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["send", "host", "check"])
    parser.add_argument("--port", type=int)
    parser.add_argument("--record")
    parser.add_argument("--host")
    parser.add_argument("--mail")
    parser.add_argument("--kept", help="what the command keeps")
    parser.add_argument("--home", help="of the user, if there is one")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--pause", type=float, default=0.05)
    parser.add_argument("--wait", type=float, default=120)
    options = parser.parse_args()
    sys.exit({"send": send, "host": host, "check": check}[options.what](
        options))


main()
