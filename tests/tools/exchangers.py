#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""exchangers.py ADDRESS[=BEHAVIOUR]... - mail exchangers on port 25 of these
addresses, which need not be this host's. They take all mail, or, by BEHAVIOUR:
busy (421), no (554 as greeting), mute (say nothing), later (451 to RCPT)."""
import socket
import sys
import threading

IPV6_FREEBIND = 78


def serve(conn, how):
    def say(text):
        conn.sendall(text + b"\r\n")

    lines = conn.makefile("rb")
    if how == "busy":
        say(b"421 4.3.2 busy")
        return
    if how == "mute":
        lines.readline()
        return
    say(b"554 5.7.1 no" if how == "no" else b"220 mx.test ESMTP")
    for line in lines:
        verb = line[:4].upper()
        if verb == b"QUIT":
            say(b"221 bye")
            return
        if verb == b"EHLO":
            say(b"250-mx.test\r\n250-SMTPUTF8\r\n250 8BITMIME")
        elif verb == b"DATA":
            say(b"354 go on")
            while lines.readline() not in (b".\r\n", b""):
                pass
            say(b"250 2.0.0 taken")
        elif verb == b"RCPT" and how == "later":
            say(b"451 4.7.1 come again")
        else:
            say(b"250 2.0.0 ok")


def talk(conn, how):
    with conn:
        try:
            serve(conn, how)
        except OSError:
            pass


def listen(address, how):
    six = ":" in address
    s = socket.socket(socket.AF_INET6 if six else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if six:
        s.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    s.bind((address, 25))
    s.listen(100)
    while True:
        conn, peer = s.accept()
        print("from", peer[0], flush=True)
        threading.Thread(target=talk, args=(conn, how), daemon=True).start()


threads = []
for argument in sys.argv[1:]:
    address, _, how = argument.partition("=")
    threads.append(threading.Thread(target=listen, args=(address, how)))
    threads[-1].start()
