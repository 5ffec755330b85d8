#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Many messages at once, and whether they have arrived.

load.py send   parallel clients send numbered messages, each to a recipient of
               its own; what the server said to each goes into a record
load.py check  every acknowledged message is in its Maildir, octet for octet,
               once; a refused one isn't; one without an answer is there at most
               once
"""
import argparse
import os
import random
import re
import sys
import threading
import time

from smtp import Client, Refused, stuffed

DOMAIN = "example.test"
ACKNOWLEDGED, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"
# what our own programs put in front
ADDED = re.compile(
    rb"\A(?:(?:Return-Path|Delivered-To|Received):[^\n]*\n(?:[ \t][^\n]*\n)*)+")


def numbered(n):
    """Message n: always the same octets, all kinds in turn."""
    rand = random.Random(n)
    head = b"From: a@client.test\r\nSubject: %d\r\n" % n
    kinds = [
        lambda: head + b"\r\nhello\r\n",
        lambda: head + b"\r\n.\r\n..\r\n.a\r\n...\r\na.\r\n .\r\n",
        lambda: head + b"\r\n" + bytes(
            c for c in range(1, 256) if c not in b"\r\n") + b"\r\n",
        lambda: head + b"\r\n" + b"x" * 998 + b"\r\n" + b"." * 1000 + b"\r\n",
        lambda: head + b"\r\n" + b"y" * 100000 + b"\r\nend\r\n",
        lambda: head + b"\r\n",                     # empty body
        lambda: head,                               # not even an empty line
        lambda: b"\r\nno header, number %d\r\n" % n,
        lambda: b"no header line either, %d\r\n" % n,
        lambda: b"",
        lambda: head + b"\r\n" + b"".join(
            rand.randbytes(60).hex().encode() + b"\r\n" for _ in range(2000)),
        lambda: head + b"\r\n\r\n\r\n.\r\n\r\n",
    ]
    return kinds[n % len(kinds)]()


class Numbers:
    """Hands out numbers until enough are out or the time is up."""

    def __init__(self, first, count, seconds):
        self.lock = threading.Lock()
        self.next, self.end = first, first + count
        self.until = time.monotonic() + seconds

    def take(self):
        with self.lock:
            if self.next == self.end or time.monotonic() > self.until:
                return None
            self.next += 1
            return self.next - 1


def send_one(client, n):
    """What became of message n, with the server's words."""
    octets = stuffed(numbered(n))
    try:
        client.begin("a@client.test", f"n{n}@{DOMAIN}")
        client.send(octets[:-3])
    except Refused as e:
        client.say("RSET")
        return REFUSED, str(e)
    except OSError as e:
        return REFUSED, str(e)  # the end was never sent
    try:
        client.send(octets[-3:])
        return ACKNOWLEDGED, client.reply("2").decode().strip()
    except Refused as e:
        # a queue that dies between its commit and its answer
        return UNKNOWN, str(e)
    except OSError as e:
        return UNKNOWN, str(e)


def work(options, numbers, record, lock):
    client = None
    while (n := numbers.take()) is not None:
        outcome, words = REFUSED, ""
        try:
            if client is None:
                client = Client(options.port, options.source)
                client.hello()
            outcome, words = send_one(client, n)
        except (OSError, Refused) as e:
            words = str(e)
        if outcome != ACKNOWLEDGED:
            if client:
                client.close()
            client = None
            time.sleep(0.1)
        with lock:
            record.write(f"{n} {outcome} {words}\n")
            record.flush()


def send(options):
    numbers = Numbers(options.first, options.messages, options.seconds)
    lock = threading.Lock()
    with open(options.record, "a") as record:
        threads = [threading.Thread(target=work,
                                    args=(options, numbers, record, lock))
                   for _ in range(options.clients)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    counts = count(read_record(options.record))
    print(" ".join(f"{counts[o]} {o}" for o in counts))
    return counts[UNKNOWN] + counts[REFUSED] > 0 and not options.faults


def read_record(name):
    with open(name) as f:
        return {int(n): outcome
                for n, outcome, *_ in (line.split(" ", 2) for line in f)}


def count(outcomes):
    return {o: list(outcomes.values()).count(o)
            for o in (ACKNOWLEDGED, REFUSED, UNKNOWN)}


def copies(mail, n):
    box = os.path.join(mail, f"n{n}")
    return [os.path.join(box, sub, name) for sub in ("new", "cur")
            for name in (os.listdir(os.path.join(box, sub))
                         if os.path.isdir(os.path.join(box, sub)) else [])]


def is_message(name, n):
    with open(name, "rb") as f:
        got = f.read()
    want = numbered(n).replace(b"\r\n", b"\n")
    added = ADDED.match(got)
    return got.endswith(want) and added is not None and \
        ADDED.fullmatch(got[:len(got) - len(want)]) is not None


def check(options):
    outcomes = read_record(options.record)
    until = time.monotonic() + options.wait
    expected = [n for n in outcomes if outcomes[n] == ACKNOWLEDGED]
    while time.monotonic() < until and \
            any(not copies(options.mail, n) for n in expected):
        time.sleep(0.2)
    time.sleep(options.settle)
    wrong = []
    for n, outcome in sorted(outcomes.items()):
        found = copies(options.mail, n)
        if outcome == ACKNOWLEDGED and not found:
            wrong.append(f"{n}: acknowledged and lost")
        if outcome == REFUSED and found:
            wrong.append(f"{n}: refused and delivered")
        if len(found) > 1:
            wrong.append(f"{n}: {len(found)} copies")
        wrong += [f"{n}: altered, {name}" for name in found
                  if not is_message(name, n)]
        if os.path.isdir(tmp := os.path.join(options.mail, f"n{n}", "tmp")) \
                and os.listdir(tmp) and not options.faults:
            wrong.append(f"{n}: something is left in {tmp}")
    counts = count(outcomes)
    print(" ".join(f"{counts[o]} {o}" for o in counts), f"{len(wrong)} wrong")
    print("\n".join(wrong[:20]))
    return bool(wrong) or not expected


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["send", "check"])
    parser.add_argument("--record", required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--source", default="127.0.0.1")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--messages", type=int, default=1000000)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--mail")
    parser.add_argument("--wait", type=float, default=120)
    parser.add_argument("--settle", type=float, default=1)
    parser.add_argument("--faults", action="store_true",
                        help="what is refused or unknown is no failure")
    options = parser.parse_args()
    sys.exit({"send": send, "check": check}[options.what](options))


main()
