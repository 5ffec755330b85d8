#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""flood.py PORT N SECONDS - N connections within so many seconds, from 50
addresses, each held to the end. Prints what they heard first, how often, and how
long the slowest waited for it. Exit 0 when each heard 220 or 421."""
import collections
import resource
import select
import socket
import sys
import time

ADDRESSES = 50


def connect(port, n):
    s = socket.socket()
    s.setblocking(False)
    s.bind((f"127.3.0.{1 + n % ADDRESSES}", 0))
    try:
        s.connect(("127.0.0.1", port))
    except BlockingIOError:
        pass
    return s


def main():
    port, clients, seconds = int(sys.argv[1]), int(sys.argv[2]), \
        float(sys.argv[3])
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    poll = select.epoll()
    began, waiting, heard = {}, {}, collections.Counter()
    held, slowest = [], 0.0
    start = time.monotonic()
    patience = start + seconds + 60
    n = 0
    while (n < clients or waiting) and time.monotonic() < patience:
        while n < clients and time.monotonic() - start >= n * seconds / clients:
            s = connect(port, n)
            began[s.fileno()] = time.monotonic()
            waiting[s.fileno()] = s
            poll.register(s, select.EPOLLIN)
            n += 1
        for fd, _ in poll.poll(0.001):
            s = waiting.pop(fd)
            try:
                word = s.recv(1000)[:3].decode() or "end"
            except OSError as e:
                word = e.strerror
            heard[word] += 1
            slowest = max(slowest, time.monotonic() - began[fd])
            poll.unregister(s)
            held.append(s)
    heard["nothing"] += len(waiting)
    print(*(f"{word} x {times}," for word, times in heard.items() if times),
          f"the slowest after {slowest:.2f} s,",
          f"in all {time.monotonic() - start:.1f} s")
    sys.exit(any(times and word not in ("220", "421")
                 for word, times in heard.items()))


main()
