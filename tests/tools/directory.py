#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""directory.py PORT FILE - a DNS server on 127.0.0.1 that knows what FILE says
and writes each question to standard output. Lines of FILE:
    NAME TYPE VALUE...  records (PTR, A, AAAA, CNAME); without VALUE: none
    NAME silent         no answer, ever
    NAME servfail       a failure
    NAME garbage        octets that are no message
    NAME cut            an answer that stops in the middle
    NAME rawptr HEX     a PTR record with these octets
    NAME many N         N PTR records hostN.test, the last one VALUE of "last"
NAME may be an address, which stands for its name in the reverse zone. A name
that isn't there doesn't exist. FILE is read again at each question."""
import ipaddress
import socket
import struct
import sys

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "AAAA": 28}


def packed(text):
    out = b""
    for label in text.rstrip(".").split("."):
        out += bytes([len(label)]) + label.encode("latin-1")
    return out + b"\0"


def data(kind, value):
    if kind == "A":
        return socket.inet_pton(socket.AF_INET, value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    return packed(value)


def read(path):
    known = {}
    with open(path, encoding="ascii") as lines:
        for line in lines:
            words = line.split()
            if not words:
                continue
            try:
                name = ipaddress.ip_address(words[0]).reverse_pointer
            except ValueError:
                name = words[0]
            known.setdefault(name.lower(), []).append(words[1:])
    return known


def records(rows, asked):
    for kind, *values in rows:
        if kind == "rawptr" and asked == TYPES["PTR"]:
            yield asked, bytes.fromhex(values[0])
        elif kind == "many" and asked == TYPES["PTR"]:
            for n in range(int(values[0])):
                yield asked, packed(f"host{n}.test")
        elif TYPES.get(kind) in (asked, TYPES["CNAME"]):
            for value in values:
                yield TYPES[kind], data(kind, value)


def answer(query, known):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    asked, = struct.unpack("!H", query[at + 1:at + 3])
    name = ".".join(labels).lower()
    print(name, asked, flush=True)
    rows = known.get(name)
    how = rows[0][0] if rows else ""
    if how == "silent":
        return None
    if how == "garbage":
        return query[:2] + b"\x81\x80" + bytes(range(256))
    rcode = 3 if rows is None else 2 if how == "servfail" else 0
    body, owner, n = b"", b"\xc0\x0c", 0
    for kind, octets in records(rows or [], asked):
        body += owner + struct.pack("!HHIH", kind, 1, 60, len(octets)) + octets
        n += 1
        if kind == TYPES["CNAME"]:	# and what it leads to, if anything
            owner = octets
            rest = labels_of(octets)
            for more, found in records(known.get(rest, []), asked):
                body += owner + struct.pack("!HHIH", more, 1, 60,
                                            len(found)) + found
                n += 1
    if how == "cut":
        n, body = 3, b"\xc0\x0c\x00\x0c\x00\x01\x00"
    return query[:2] + struct.pack("!HHHHH", 0x8180 | rcode, 1, n, 0, 0) + \
        query[12:at + 5] + body


def labels_of(octets):
    out, at = [], 0
    while octets[at]:
        out.append(octets[at + 1:at + 1 + octets[at]].decode("latin-1"))
        at += 1 + octets[at]
    return ".".join(out).lower()


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", int(sys.argv[1])))
    print("ready", flush=True)
    while True:
        query, peer = s.recvfrom(4096)
        try:
            text = answer(query, read(sys.argv[2]))
        except (IndexError, struct.error):
            continue
        if text is not None:
            s.sendto(text, peer)


main()
