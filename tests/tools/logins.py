#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""logins.py PORT N KNOWN UNKNOWN - N logins in clear on 127.0.0.1 with a wrong
password, in turns for a user that there is and for one that there isn't, 40 at
a time by sessions of their own. Prints for each the least, the median and the
greatest time of the answers in ms, and how far the medians are apart. Exit 1
when an answer was another than the first one."""
import asyncio
import base64
import statistics
import sys
import time

SESSIONS, EACH = 40, 25		# logins in a session: each is an error


async def hear(reader):
    while True:
        line = await reader.readline()
        if line[3:4] != b"-":
            return line


async def session(port, names, took, answers):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await hear(reader)
    writer.write(b"EHLO client.test\r\n")
    await hear(reader)
    for name in names:
        text = base64.b64encode(b"\0" + name.encode() + b"\0wrong")
        start = time.monotonic()
        writer.write(b"AUTH PLAIN " + text + b"\r\n")
        answers.add(await hear(reader))
        took[name].append(1000 * (time.monotonic() - start))
    writer.close()


async def main():
    port, n, users = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:5]
    took, answers = {name: [] for name in users}, set()
    turns = iter(range(n))

    async def worker():
        while True:
            names = [users[i % 2] for _, i in zip(range(EACH), turns)]
            if not names:
                return
            await session(port, names, took, answers)

    await asyncio.gather(*(worker() for _ in range(SESSIONS)))
    for name in users:
        t = took[name]
        print("%s n=%d min=%.2f median=%.3f max=%.2f" % (
            name, len(t), min(t), statistics.median(t), max(t)))
    print("apart=%.3f" % abs(statistics.median(took[users[0]]) -
                             statistics.median(took[users[1]])))
    print(b" ".join(answers).decode().strip())
    sys.exit(len(answers) != 1)


asyncio.run(main())
