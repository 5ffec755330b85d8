#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""authserver.py PATH HOW - a stand-in for Dovecot's authentication server, with
one kind of manners (see MANNERS). Says "ready" when it listens."""
import os
import socket
import sys
import time

HELLO = b"VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\n" \
    b"COOKIE\tabc\nDONE\n"
MANNERS = {
    "ok": (HELLO, b"OK\t%s\tuser=bob\n"),
    "renames": (HELLO, b"OK\t%s\tuser=robert@example.test\n"),
    "badname": (HELLO, b"OK\t%s\tuser=a\x01tb\n"),
    "longname": (HELLO, b"OK\t%s\tuser=" + b"x" * 256 + b"\n"),
    "temp": (HELLO, b"FAIL\t%s\tuser=bob\ttemp\n"),
    "tempcode": (HELLO, b"FAIL\t%s\tuser=bob\tcode=temp_fail\n"),
    "cont": (HELLO, b"CONT\t%s\t\n"),
    "garbage": (HELLO, b"\0\xff\n\n\tOK\n%s\n"),
    "nonumber": (HELLO, b"OK\tmany%s\n"),
    "future": (HELLO, b"OK\t4000000000\t%s\n"),
    "endless": (HELLO, b"x" * 100000 + b"%s"),
    "hangup": (HELLO, None),
    "silent": (b"", b""),
    "version2": (HELLO.replace(b"VERSION\t1", b"VERSION\t2"), b""),
    "noversion": (HELLO.split(b"\n", 1)[1], b""),
    "nomech": (HELLO.replace(b"PLAIN", b"CRAM-MD5"), b""),
    "early": (b"OK\t1\tuser=bob\n" + HELLO, b""),
    "twice": (HELLO, b"OK\t%s\tuser=bob\nOK\t%s\tuser=bob\n"),
    "drips": (HELLO, b"OK\t%s\tuser=bob\n"),
}
path, how = sys.argv[1:]
hello, answer = MANNERS[how]
if os.path.exists(path):
    os.unlink(path)
server = socket.socket(socket.AF_UNIX)
server.bind(path)
os.chmod(path, 0o666)
server.listen(16)
print("ready", flush=True)
while True:
    c, _ = server.accept()
    try:
        c.sendall(hello)
        for line in c.makefile("rb"):
            if not line.startswith(b"AUTH\t"):
                continue
            number = line.split(b"\t")[1]
            if answer is None:
                c.shutdown(socket.SHUT_RDWR)
                break
            text = answer.replace(b"%s", number)
            for at in range(0, len(text), 1 if how == "drips" else len(text)):
                c.sendall(text[at:at + (1 if how == "drips" else len(text))])
                if how == "drips":
                    time.sleep(0.01)
    except OSError:
        pass
    c.close()
