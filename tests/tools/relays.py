#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""relays.py PORT LOG [login] - relays on PORT of every address of this host;
those on 127.0.9.* never say a word, those on 127.0.8.* say on standard output
that they have a text, and take it a second later. A line in LOG for each message: address,
number of the connection, number of the message in it, recipient, login. With
login: nobody may send without one."""
import base64
import socket
import sys
import threading
import time

lock = threading.Lock()


def serve(conn, address, number):
    def say(text):
        conn.sendall(text + b"\r\n")

    lines = conn.makefile("rb")
    if address.startswith("127.0.9."):
        lines.read()
        return
    say(b"220 relay.test ESMTP")
    name, rcpt, mails = "-", "-", 0
    for line in lines:
        verb = line[:4].upper()
        if verb == b"QUIT":
            say(b"221 bye")
            print(address, "QUIT", flush=True)
            return
        if verb == b"EHLO":
            say(b"250-relay.test\r\n250-PIPELINING\r\n250-AUTH PLAIN\r\n"
                b"250 8BITMIME")
        elif verb == b"AUTH":
            name = base64.b64decode(line.split()[2]).decode().replace("\0", "/")
            say(b"235 2.7.0 in")
        elif name == "-" and login:
            say(b"530 5.7.0 log in first")
        elif verb == b"DATA":
            say(b"354 go on")
            while lines.readline() not in (b".\r\n", b""):
                pass
            if address.startswith("127.0.8."):
                print(address, "text", flush=True)
                time.sleep(1)
            mails += 1
            with lock, open(sys.argv[2], "a") as log:
                log.write(f"{address} {number} {mails} {rcpt} {name}\n")
            say(b"250 2.0.0 taken")
        else:
            if verb == b"RCPT":
                rcpt = line.decode().split(":")[1].strip()
            say(b"250 2.0.0 ok")


def talk(conn, number):
    with conn:
        try:
            serve(conn, conn.getsockname()[0], number)
        except OSError:
            pass


login = sys.argv[3:] == ["login"]
listener = socket.create_server(("", int(sys.argv[1])), backlog=200)
number = 0
while True:
    conn, _ = listener.accept()
    number += 1
    threading.Thread(target=talk, args=(conn, number), daemon=True).start()
