#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""slow.py PORT CLIENTS - so many clients at once, each sending one octet
a second; half of them the commands, half of them a message. They say "sending"
when all are connected, "finished" when one is through, and finish what they have
begun, fast, when standard input ends. Exit 0 when every message was taken."""
import sys
import threading

from smtp import Client, Refused

MESSAGE = b"Subject: slow\r\n\r\n" + b"it lasts for a while " * 20 + b"\r\n"


def dialogue(n):
    return [b"EHLO slow.test\r\n", b"MAIL FROM:<slow@client.test>\r\n",
            b"RCPT TO:<slow%d@example.test>\r\n" % n, b"DATA\r\n",
            MESSAGE + b".\r\n"]


def slow(port, n, ready, hurry, results):
    client = Client(port, timeout=60)
    client.reply("2")
    lines = dialogue(n)
    fast = 4 if n % 2 else 0
    try:
        for i, line in enumerate(lines):
            if i == fast:
                ready.wait()
            at = 0
            while i >= fast and at < len(line) - 1 and not hurry.is_set():
                client.send(line[at:at + 1])
                at += 1
                hurry.wait(1)
            client.send(line[at:])
            client.reply("3" if i == 3 else "2")
        results[n] = "taken"
        if not hurry.is_set():
            print("finished", flush=True)
    except (OSError, Refused) as e:
        results[n] = str(e)


def main():
    port, clients = (int(a) for a in sys.argv[1:])
    ready = threading.Barrier(clients + 1)
    hurry, results = threading.Event(), {}
    threads = [threading.Thread(target=slow,
                                args=(port, n, ready, hurry, results))
               for n in range(clients)]
    for t in threads:
        t.start()
    ready.wait(120)
    print("sending", flush=True)
    sys.stdin.read()
    hurry.set()
    for t in threads:
        t.join()
    bad = {w for w in results.values() if w != "taken"}
    print(len(results), "finished", *sorted(bad))
    sys.exit(bool(bad) or len(results) < clients)


main()
