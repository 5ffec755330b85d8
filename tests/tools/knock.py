#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""knock.py PATH - connect to a Unix socket and print what becomes of it: "let
in" (still open after a second, or it speaks), "turned away" (closed at once),
or the error."""
import socket
import sys

s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.settimeout(1)
try:
    s.connect(sys.argv[1])
    print("let in" if s.recv(65536) else "turned away")
except TimeoutError:
    print("let in")
except ConnectionResetError:
    print("turned away")
except OSError as e:
    print(e.strerror)
