#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""crowd.py idle|slow PORT N - N clients at a time, until standard input ends:
idle ones have said EHLO and wait, slow ones send an octet of a message
a second. Prints "holding" when all are connected. Exit 0 when each has
been greeted and was still served in the end."""
import select
import socket
import sys

PER_ADDRESS = 50	# well below what one address may have
MESSAGE = b"Subject: slow\r\n\r\n" + b"x" * 200 + b"\r\n.\r\n"


def line(s):
    """the last line of a reply"""
    text = b""
    while not text.endswith(b"\r\n") or text.splitlines()[-1][3:4] == b"-":
        more = s.recv(4096)
        if not more:
            sys.exit(f"the end after {text!r}")
        text += more
    return text.splitlines()[-1].decode()


def say(s, text, code):
    s.sendall(text)
    heard = line(s)
    if not heard.startswith(code):
        sys.exit(f"{text!r}: {heard}")


def connect(n):
    at = n // PER_ADDRESS
    s = socket.create_connection(("127.0.0.1", PORT), 60,
                                 (f"127.1.{at // 250}.{1 + at % 250}", 0))
    say(s, b"", "220 ")
    say(s, b"EHLO crowd.test\r\n", "250 ")
    if HOW == "slow":
        say(s, b"MAIL FROM:<s@crowd.test>\r\n", "250 ")
        say(s, b"RCPT TO:<slow@example.test>\r\n", "250 ")
        say(s, b"DATA\r\n", "354 ")
    return s


def drip(clients):
    """an octet of each a second, until we are told to end"""
    for octet in MESSAGE[:60]:
        for s in clients:
            s.sendall(bytes([octet]))
        if select.select([sys.stdin], [], [], 1)[0]:
            return
    sys.stdin.read()


HOW, PORT = sys.argv[1], int(sys.argv[2])
held = [connect(n) for n in range(int(sys.argv[3]))]
print("holding", flush=True)
if HOW == "slow":
    drip(held)
    for one in held:
        one.sendall(b"\r\n.\r\n")
    for one in held:
        if not line(one).startswith("250 "):
            sys.exit("a slow message was refused")
else:
    sys.stdin.read()
    for one in held:
        say(one, b"NOOP\r\n", "250 ")
print("all were served")
