#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""caller.py WHAT PORT [ADDRESS [NAME=VALUE...]] - a client on 127.0.0.1 that
says what tests/e2e_lookups.sh wants to hear the answers to; exits 1 when one is
not what it should be."""
import socket
import sys
import time


class Caller:
    def __init__(self, address):
        self.socket = socket.create_connection(("127.0.0.1", PORT), 120,
                                               (address, 0))
        self.lines = self.socket.makefile("rb")

    def hear(self):
        """a whole reply, without line ends"""
        said = []
        while True:
            line = self.lines.readline()
            said.append(line.decode().rstrip("\r\n"))
            if line[3:4] != b"-":
                return " ".join(said)

    def say(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.hear()

    def want(self, line, *starts):
        heard = self.hear() if line is None else self.say(line)
        if not any(heard.startswith(start) for start in starts):
            print(f"{line!r}: {heard!r}, not {starts}")
            sys.exit(1)

    def begin(self, sender="a@x.test"):
        self.want(None, "220 ")
        self.want("EHLO x.test", "250")
        self.want(f"MAIL FROM:<{sender}>", "250 ")


def greeting(address):
    print(Caller(address).hear())


def beside(waits, other):
    waiting = Caller(waits)
    Caller(other).want(None, "220 ")
    waiting.socket.setblocking(False)
    try:
        print(f"it is told {waiting.socket.recv(100)}")
        sys.exit(1)
    except BlockingIOError:
        print("one beside it is greeted; and it goes")


def relays(address, *client):
    c = Caller(address)
    c.want(None, "220 ")
    c.want("EHLO x.test", "250")
    if client:
        c.want("XCLIENT " + " ".join(client), "220 ")
        c.want("EHLO x.test", "250")
    c.want("MAIL FROM:<a@x.test>", "250 ")
    print("yes" if c.say("RCPT TO:<b@far.example>").startswith("250 ")
          else "no")


def connections():
    held = [Caller("127.0.4.1") for _ in range(2)]
    for c in held:
        c.want(None, "220 ")
    Caller("127.0.4.1").want(None, "421 4.7.0 ")
    held[0].want("QUIT", "221 ")
    held[0].hear()
    again = Caller("127.0.4.1")
    again.want(None, "220 ")
    print("two at a time")


def rate():
    for _ in range(3):
        c = Caller("127.0.4.2")
        c.want(None, "220 ")
        c.want("QUIT", "221 ")
    c = Caller("127.0.4.2")
    c.want(None, "421 4.7.0 ")
    c.want(None, "")
    Caller("127.0.4.5").want(None, "220 ")
    print("three new ones in a minute")


def messages():
    for _ in range(2):
        Caller("127.0.4.3").begin()
    c = Caller("127.0.4.3")
    c.want(None, "220 ")
    c.want("EHLO x.test", "250")
    for _ in range(3):
        c.want("MAIL FROM:<a@x.test>", "450 4.7.1 ")
    c.want("RCPT TO:<b@good.test>", "503 ")
    c.want("QUIT", "221 ")
    print("two in an hour")


def recipients():
    c = Caller("127.0.4.4")
    c.begin()
    for _ in range(2):
        c.want("RCPT TO:<nobody@far.example>", "550 ")
    c.want("RCPT TO:<good@example.test>", "250 ")
    c.want("RCPT TO:<good@example.test>", "250 ")
    c = Caller("127.0.4.4")
    c.begin()
    c.want("RCPT TO:<good@example.test>", "250 ")
    c.want("RCPT TO:<good@example.test>", "452 4.7.1 ")
    c.want("RCPT TO:<nobody@far.example>", "550 ")
    c.want("DATA", "354 ")
    c.want("Subject: x\r\n\r\nx\r\n.", "250 ")
    print("three in an hour, those before are served")


def none():
    for _ in range(20):
        Caller("127.0.4.5").begin()
    print("no limit")


def early():
    c = Caller("127.0.5.1")
    c.want("EHLO x.test", "554 5.5.0 ")
    c.want(None, "")
    print("who does not wait is sent away")


def patient():
    begin = time.monotonic()
    c = Caller("127.0.5.1")
    c.want(None, "220 ")
    if time.monotonic() - begin < 0.9:
        sys.exit("there was no wait")
    c.want("EHLO x.test", "250")
    c.want("QUIT", "221 ")
    Caller("127.0.5.1").socket.close()
    print("who waits is greeted")


def known():
    c = Caller("127.0.5.2")
    c.want("NOOP", "220 ")
    print("who may relay is not tested")


def early_proxy():
    c = Caller("127.0.5.9")
    c.want("PROXY TCP4 127.0.5.1 127.0.0.1 4 25\r\nEHLO x.test", "554 5.5.0 ")
    c = Caller("127.0.5.9")
    c.want("PROXY TCP4 127.0.5.1 127.0.0.1 4 25", "220 ")
    c.want("EHLO x.test", "250")
    print("nor is who comes by a proxy")


PORT = int(sys.argv[2])
globals()[sys.argv[1]](*sys.argv[3:])
