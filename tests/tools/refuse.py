#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""refuse.py PORT REPLY - a server that answers every RCPT with this reply (its
\\xNN undone) and takes everything else."""
import socket
import sys


def serve(conn, reply):
    lines = conn.makefile("rb")
    conn.sendall(b"220 refuse.test ESMTP\r\n")
    for line in lines:
        verb = line[:4].upper()
        if verb == b"QUIT":
            conn.sendall(b"221 bye\r\n")
            return
        conn.sendall((reply if verb == b"RCPT" else b"250 ok") + b"\r\n")


def main():
    reply = sys.argv[2].encode().decode("unicode_escape").encode("latin-1")
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        conn, _ = listener.accept()
        with conn:
            serve(conn, reply)


main()
