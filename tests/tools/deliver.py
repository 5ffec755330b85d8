#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Give a message to mailgrave-local or -remote, as send would, and print one
line for each result: recipient, verdict, status, where, words.

usage: deliver.py [OPTION]... SOCKET RECIPIENT... <MESSAGE

A recipient may be NUMBER:ADDRESS, or ADDRESS#ACTION."""
import argparse
import array
import fcntl
import os
import re
import socket
import struct
import sys
import time

HOWS = ("relay", "mx", "lmtp")
TLS = ("default", "none", "may", "must", "verify")
SLOTS, JOB, RCPT, RUN, RESULT = range(0x301, 0x306)
VERDICTS = ("ok", "temp", "perm")


def text(value):
    octets = value if isinstance(value, bytes) else value.encode("latin-1")
    return struct.pack(">I", len(octets)) + octets


def sealed(octets):
    fd = os.memfd_create("message", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, octets)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW
                | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return fd


class Send:
    def __init__(self, path, wait=60):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(wait)
        self.connect(path, time.monotonic() + wait)
        self.packet = b""   # what is left of it: it holds several frames
        kind, self.slots = self.take(">HI")
        assert kind == SLOTS

    def connect(self, path, until):
        """A socket is there before somebody listens."""
        while True:
            try:
                return self.socket.connect(path)
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def send(self, frame, fd=None):
        along = [] if fd is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                        array.array("i", [fd]))]
        self.socket.sendmsg([frame], along)

    def give(self, number, message, rcpts, a):
        """rcpts: (number, address, action) of each"""
        fd = None if a.text else sealed(message)
        self.send(struct.pack(">HI", JOB, number) + a.id + text(a.sender) +
                  text(a.groups) + text(a.host) +
                  struct.pack(">I", a.port) + a.how +
                  struct.pack(">QQ", len(message), a.arrived) +
                  text(a.envid) + text(a.address) + text(a.name) +
                  text(a.helo) + text(a.protocol) + text(a.login) +
                  bytes((0, 0, 0, a.maybe)) +
                  text(message if a.text else ""), fd)
        if fd is not None:
            os.close(fd)
        for rcpt, address, action in rcpts:
            self.send(struct.pack(">HIIIIB", RCPT, number, rcpt, a.attempt,
                                  action, 0) + text(address) + text(a.orcpt))
        self.send(struct.pack(">HII", RUN, number, len(rcpts)))

    def take(self, form):
        if not self.packet:
            self.packet = self.socket.recv(65536)
        if not self.packet:
            sys.exit("the connection ended")
        values = struct.unpack_from(form, self.packet)
        self.packet = self.packet[struct.calcsize(form):]
        return values

    def take_text(self):
        (length,) = self.take(">I")
        (octets,) = self.take(f"{length}s") if length else (b"",)
        return octets.decode("latin-1")

    def result(self):
        kind, job, rcpt, verdict, ours, dsn = self.take(">HIIBBB")
        assert kind == RESULT
        words = [self.take_text() for _ in range(3)]
        return job, rcpt, VERDICTS[verdict] + ("-ours" if ours else ""), words


def options(words=None):
    o = argparse.ArgumentParser()
    for name in ("sender", "groups", "envid", "name", "helo", "protocol",
                 "login", "orcpt"):
        o.add_argument("--" + name, default="")
    o.set_defaults(sender="me@here.example")
    o.add_argument("--address", default="192.0.2.1")
    o.add_argument("--id", default=None, type=bytes.fromhex)
    o.add_argument("--attempt", default=0, type=int)
    o.add_argument("--arrived", default=1700000000, type=int)
    o.add_argument("--maybe", action="store_true")
    o.add_argument("--jobs", default=1, type=int,
                   help="give so many, each with an id of its own")
    o.add_argument("--leave", metavar="FILE",
                   help="go away when this file is there, without results")
    o.add_argument("--text", action="store_true",
                   help="no descriptor: the message goes with the job")
    o.add_argument("--crlf", action="store_true",
                   help="the message has LF line ends")
    o.add_argument("--how", choices=HOWS, default="relay")
    o.add_argument("--tls", choices=TLS, default="default")
    o.add_argument("--use-login", action="store_true")
    o.add_argument("--host", default="")
    o.add_argument("--port", default=0, type=int)
    o.add_argument("socket")
    o.add_argument("rcpt", nargs="+")
    return o.parse_args(words)


def recipient(number, word):
    address, _, action = word.partition("#")
    if re.match(r"\d+:", address):
        number, address = address.split(":", 1)
    return int(number), address, int(action or 0)


def main():
    a = options()
    a.how = bytes((HOWS.index(a.how), TLS.index(a.tls), a.use_login))
    message = sys.stdin.buffer.read()
    if a.crlf:
        message = message.replace(b"\n", b"\r\n")
    rcpts = [recipient(n, word) for n, word in enumerate(a.rcpt)]
    names = {number: address for number, address, _ in rcpts}
    s = Send(a.socket)
    given, fixed = 0, a.id
    open_jobs, left = 0, {}
    while given < a.jobs or open_jobs:
        while given < a.jobs and open_jobs < s.slots:
            a.id = fixed or os.urandom(16)
            s.give(given, message, rcpts, a)
            given += 1
            open_jobs += 1
            left[given - 1] = len(rcpts)
        if a.leave:
            while not os.path.exists(a.leave):
                time.sleep(0.05)
            return
        job, rcpt, verdict, (status, where, words) = s.result()
        print(names[rcpt], verdict, status, where, repr(words), flush=True)
        left[job] -= 1
        open_jobs -= not left[job]


if __name__ == "__main__":
    main()
