#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""sink.py PORT DIR [ADDRESS [LOGIN PASSWORD]] - a server that takes every
message, one at a time, and keeps the octets of each, dots undone, as DIR/1,
DIR/2 ..., its envelope beside it as DIR/1.envelope. With a login it takes none
before AUTH PLAIN."""
import base64
import os
import socket
import sys


def serve(conn, directory, number, login):
    lines = conn.makefile("rb")

    def say(text):
        conn.sendall(text + b"\r\n")

    say(b"220 sink.test ESMTP")
    envelope = []
    known = not login
    wanted = base64.b64encode("\0".join([""] + login).encode())
    for line in lines:
        verb = line[:4].upper()
        if login and verb == b"EHLO":
            say(b"250-sink.test\r\n250 AUTH PLAIN")
            continue
        if verb == b"AUTH":
            known = line.split() == [b"AUTH", b"PLAIN", wanted]
            say(b"235 2.7.0 ok" if known else b"535 5.7.8 no")
            continue
        if not known and verb != b"QUIT":
            say(b"530 5.7.0 log in first")
            continue
        if verb in (b"MAIL", b"RCPT"):
            envelope.append(line.rstrip(b"\r\n"))
        if verb == b"QUIT":
            say(b"221 2.0.0 bye")
            break
        if verb != b"DATA":
            say(b"250 2.0.0 ok")
            continue
        say(b"354 go on")
        message = b""
        for line in lines:
            if line == b".\r\n":
                break
            message += line[1:] if line.startswith(b".") else line
        number += 1
        name = os.path.join(directory, str(number))
        with open(name + ".envelope", "wb") as f:
            f.write(b"\n".join(envelope) + b"\n")
        with open(name + ".part", "wb") as f:
            f.write(message)
        os.rename(name + ".part", name)
        envelope = []
        say(b"250 2.0.0 kept")
    return number


def main():
    address = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"
    listener = socket.create_server((address, int(sys.argv[1])))
    number = 0
    while True:
        conn, _ = listener.accept()
        with conn:
            number = serve(conn, sys.argv[2], number, sys.argv[4:])


main()
