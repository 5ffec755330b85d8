#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""login.py PORT NAME PASSWORD [MECHANISM...] - AUTH in clear on 127.0.0.1, or
with TLS from the start where PORT has an s before it, once for each mechanism
(PLAIN, LOGIN, SCRAM-SHA-256; PLAIN), or by PLAIN from N clients at once for N.
Prints the last reply to each; with SCRAM the server has to prove itself, too."""
import base64
import hashlib
import hmac
import os
import socket
import ssl
import sys


class Client:
    def __init__(self, port):
        s = socket.create_connection(("127.0.0.1", int(port.lstrip("s"))),
                                     timeout=120)
        if port.startswith("s"):
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            s = context.wrap_socket(s)
        self.socket = s
        self.lines = s.makefile("rb")
        self.hear()
        self.offers = self.say("EHLO client.test")

    def hear(self):
        all = ""
        while True:
            line = self.lines.readline().decode()
            all += line
            if line[3:4] != "-":
                return all

    def say(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.hear()


def b64(text):
    return base64.b64encode(text).decode()


def plain(c, name, password):
    return c.say("AUTH PLAIN " + b64(b"\0" + name + b"\0" + password))


def login(c, name, password):
    c.say("AUTH LOGIN")
    c.say(b64(name))
    return c.say(b64(password))


def scram(c, name, password):
    escaped = name.replace(b"=", b"=3D").replace(b",", b"=2C")
    first = b"n=" + escaped + b",r=" + base64.b64encode(os.urandom(18))
    got = c.say("AUTH SCRAM-SHA-256 " + b64(b"n,," + first))
    if not got.startswith("334 "):
        return got
    server = base64.b64decode(got[4:])
    part = dict(x.split(b"=", 1) for x in server.split(b","))
    salted = hashlib.pbkdf2_hmac("sha256", password,
                                 base64.b64decode(part[b"s"]), int(part[b"i"]))
    final = b"c=biws,r=" + part[b"r"]
    exchange = first + b"," + server + b"," + final
    key = hmac.digest(salted, b"Client Key", "sha256")
    sign = hmac.digest(hashlib.sha256(key).digest(), exchange, "sha256")
    proof = bytes(a ^ b for a, b in zip(key, sign))
    got = c.say(b64(final + b",p=" + base64.b64encode(proof)))
    if not got.startswith("334 "):
        return got
    mine = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), exchange,
                       "sha256")
    if base64.b64decode(got[4:]) != b"v=" + base64.b64encode(mine):
        return "the server is a liar\n"
    return c.say("")


HOW = {"PLAIN": plain, "LOGIN": login, "SCRAM-SHA-256": scram}

def at_once(port, n, name, password):
    """Prints the code of each reply, and its status."""
    clients = [Client(port) for _ in range(n)]
    line = "AUTH PLAIN " + b64(b"\0" + name + b"\0" + password) + "\r\n"
    for c in clients:
        c.socket.sendall(line.encode())
    for c in clients:
        print(*c.hear().split()[:2])


if __name__ == "__main__":
    port, name, password = sys.argv[1:4]
    for mechanism in sys.argv[4:] or ["PLAIN"]:
        if mechanism.isdecimal():
            at_once(port, int(mechanism), name.encode(), password.encode())
            continue
        c = Client(port)
        print(HOW[mechanism](c, name.encode(), password.encode()), end="")
