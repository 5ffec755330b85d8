#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""liar.py PORT - a DNS server on 127.0.0.1, UDP and TCP, that answers as the
first label of the name asks for; whoever holds a proper one says "good"."""
import socket
import struct
import sys
import threading
import time

A, CNAME, MX, AAAA = 1, 5, 15, 28
GOOD = bytes([198, 51, 100, 1])


def name(text):
    out = b""
    for label in text.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode("latin-1")
    return out + b"\0"


def question(query):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    kind, = struct.unpack("!H", query[at + 1:at + 3])
    return labels, kind, query[12:at + 5]


def record(kind, data, owner=b"\xc0\x0c", length=None):
    return owner + struct.pack("!HHIH", kind, 1, 60,
                               len(data) if length is None else length) + data


def mx(preference, host):
    host = name(host) if isinstance(host, str) else host
    return record(MX, struct.pack("!H", preference) + host)


def message(query, asked, records=(), rcode=0, tc=False, number=None,
            counts=None):
    flags = 0x8180 | rcode | (0x0200 if tc else 0)
    head = query[:2] + struct.pack(
        "!HHHHH", flags, 1, len(records) if counts is None else counts, 0, 0)
    if number is not None:
        head = struct.pack("!H", number) + head[2:]
    return head + asked + b"".join(records)


def answer(query, tcp):
    """what to send: octets, None for nothing, or a list of pieces over TCP"""
    labels, kind, asked = question(query)
    how = labels[0].lower()
    reply = lambda *records, **more: message(query, asked, records, **more)
    if how.startswith("host"):	# what our exchangers are called
        return reply(record(A, GOOD)) if kind == A else reply()
    if how == "silent":
        return None
    if how in RCODES:
        return reply(rcode=RCODES[how])
    if how == "short":
        return query[:7]
    if how == "empty":
        return b""
    if how == "garbage":
        return query[:2] + b"\x81\x80" + bytes(range(256)) * 2
    if how == "wrongid":
        return reply(mx(1, "host.test"),
                     number=struct.unpack("!H", query[:2])[0] ^ 0x5555)
    if how == "other":	# the answer to another question
        return message(query, name("other.example") + asked[-4:],
                       [mx(1, "host.test")])
    if how == "tcsilent":
        return None if tcp else reply(tc=True)
    if how == "tcdrip":
        return [b"\xff"] * 2 + [b"x"] * 3000 if tcp else reply(tc=True)
    if how == "tcclose":
        return [] if tcp else reply(tc=True)
    if how == "thousand":
        many = [mx(n + 1, f"host{n}.test") for n in range(1000)]
        return reply(*many) if tcp else reply(tc=True)
    if how == "big":
        many = [mx(9, "host." + "x" * 60 + ".test")] * 700
        return reply(*many) if tcp else reply(tc=True)
    if how == "halves":	# of an address
        if kind != MX:
            return reply(record(kind, b"\x0a\x0b\x0c"))
        return reply(mx(1, "halves.test"))
    if kind == MX and how in RECORDS:
        return reply(*RECORDS[how])
    if kind == MX and how == "counts":
        return reply(mx(1, "host.test"), counts=60000)
    if kind == MX and how == "beyond":
        return reply(record(MX, b"\0\1\4host", length=4000))
    if how == "cnameloop":
        return reply(record(CNAME, b"\xc0\x0c"))
    return reply()


RCODES = {"formerr": 1, "servfail": 2, "nx": 3, "notimp": 4, "refused": 5}
RECORDS = {
    "good": [mx(10, "host.test")],
    "loop": [mx(1, b"\xc0\x0c\xc0\x0c") + b"", mx(1, b"\xc0\xff")],
    "self": [record(MX, b"\0\1\xc0\x29")],
    "forward": [record(MX, b"\0\1\xff\xff")],
    "nul": [mx(1, b"\4a\0bc\4test\0")],
    "slash": [mx(1, b"\5../..\4test\0")],
    "newline": [mx(1, b"\6a\r\nRCP\4test\0")],
    "long": [mx(1, ".".join(["x" * 63] * 4))],
    "address": [mx(1, "192.0.2.1")],
    "dots": [mx(1, b"\3...\4test\0")],
    "mixed": [mx(1, b"\4a\0bc\4test\0"), mx(2, "host.test")],
    "nullandmore": [mx(0, ""), mx(5, "host.test")],
    "null": [mx(0, "")],
    "localhost": [mx(1, "localhost")],
    "sockets": [mx(1, "/tmp/sock")],
}


def udp(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", port))
    while True:
        query, peer = s.recvfrom(4096)
        try:
            text = answer(query, False)
        except (IndexError, struct.error):
            continue
        if text is not None:
            s.sendto(text, peer)


def talk(conn):
    with conn:
        try:
            while True:
                head = conn.recv(2, socket.MSG_WAITALL)
                if len(head) < 2:
                    return
                query = conn.recv(struct.unpack("!H", head)[0],
                                  socket.MSG_WAITALL)
                text = answer(query, True)
                if text is None:
                    time.sleep(60)
                elif isinstance(text, list):
                    for piece in text:
                        conn.sendall(piece)
                        time.sleep(0.05)
                    return
                else:
                    conn.sendall(struct.pack("!H", len(text)) + text)
        except OSError:
            pass


def main():
    port = int(sys.argv[1])
    listener = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=udp, args=(port,), daemon=True).start()
    print("ready", flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=talk, args=(conn,), daemon=True).start()


main()
