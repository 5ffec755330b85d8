#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""verdict.py SOCKET ok|perm|temp|full|gone|garbage - a queue that takes every
message to its end and then answers so."""
import os
import socket
import struct
import sys

END, VERDICT = 0x0104, 0x0106


def text(octets):
    return struct.pack("!I", len(octets)) + octets


ANSWERS = {
    "ok": struct.pack("!HB", VERDICT, 0) + text(b"2.0.0"),
    "perm": struct.pack("!HB", VERDICT, 2) + text(b"5.7.1"),
    "temp": struct.pack("!HB", VERDICT, 1) + text(b"4.3.0"),
    "full": struct.pack("!HB", VERDICT, 1) + text(b"4.3.1"),
}


def serve(client, how):
    while True:
        frame = client.recv(65536)
        if not frame:
            return
        if frame[:2] != struct.pack("!H", END):
            continue
        if how == "garbage":
            client.send(b"\xff" * 20)
        elif how in ANSWERS:
            client.send(ANSWERS[how] + text(b"no such luck"))
        return


def main():
    path, how = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path + ".new")
    listener.listen(5)
    os.rename(path + ".new", path)  # whoever sees it is listened to
    while True:
        client, _ = listener.accept()
        try:
            serve(client, how)
        except OSError:
            pass
        client.close()


main()
