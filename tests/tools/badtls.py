# SPDX-License-Identifier: ISC
"""Misdeeds around TLS."""
import os
import ssl
import time

from badcall import GOOD, LATER, OK, with_offers
from badreplies import reset, silence


# STARTTLS: what a host does after saying 220 to it, at its first call.

TLS = with_offers("8BITMIME", "STARTTLS")
CLEAR = with_offers("8BITMIME")


def starttls(act, answer=b"220 go\r\n"):
    def behave(call):
        call.go(TLS, last="ehlo")
        line = call.until(b"\r\n")
        if line.upper() != b"STARTTLS\r\n":	# a call in the clear
            call.say(GOOD["mail"])
            call.go(first="rcpt")
            return
        call.say(answer)
        act(call)
    return behave


def shake(context):
    def act(call):
        call.secure(context)
        call.go(CLEAR, first="ehlo")
    return act


def implicit(context):
    def behave(call):
        call.secure(context)
        call.go(CLEAR)
    return behave


def in_one_packet(context):
    """the greeting comes along with the last words of the handshake"""
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def behave(call):
        heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(heard, said, server_side=True)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                call.say(said.read())
                heard.write(call.conn.recv(65536))
        tls.write(GOOD["greeting"])
        call.say(said.read())
        heard.write(call.conn.recv(65536))
        assert tls.read(5) == b"EHLO "
        tls.write(b"421 4.3.2 that was all\r\n")
        call.say(said.read())
        call.conn.recv(65536)
    return behave


def garbage_after(context):
    def act(call):
        call.secure(context)
        call.hear("ehlo")
        call.say(b"\x16\x03\x01garbage\r\n")
        call.drain()
    return act


def close_after(context):
    def act(call):
        call.secure(context)
    return act


def old(context):
    """TLS of the last century"""
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def again(context):
    """STARTTLS is offered once more"""
    def act(call):
        call.secure(context)
        call.go(TLS, first="ehlo")
    return act


def cut_behind(step, context):
    """the connection ends behind that reply, but TLS does not"""
    def act(call):
        call.secure(context)
        call.go(CLEAR, first="ehlo", last=step)
        call.conn.detach()
    return act


def tickets(context):
    """sessions to remember, more than anybody can use"""
    context.num_tickets = 20000
    return context


def drip(call):
    call.more()
    for octet in b"\x16\x03\x03\x40\0" + b"\x02" * 16384:
        call.say(bytes([octet]))
        time.sleep(0.05)


def fewer_offers(context):
    """what was offered in the clear isn't, behind it"""
    def act(call):
        call.secure(context)
        call.hear("ehlo")
        call.say(b"250 mx.test\r\n")
        call.drain()
    return act


def refused_in_tls(call):
    call.go(first="mail")


def cases(pki):
    good = pki.context("good")
    cases = []

    def add(name, mode, outcome, behave, **more):
        cases.append(dict(name=f"TLS {mode}: {name}", behave=behave,
                          outcome=outcome,
                          options=["--tls", mode, *more.pop("more", [])],
                          **more))

    for mode in ("may", "must"):
        add("offered again", mode, OK, starttls(again(good)), clear=False)
        add("20,000 tickets", mode, LATER,
            starttls(shake(tickets(pki.context("good")))), clear=False)
        add("cut behind the last reply", mode, OK,
            starttls(cut_behind("dot", good)), clear=False)
        add("cut before it", mode, LATER,
            starttls(cut_behind("data", good)), clear=False)
        add("a login that is not offered there", mode, LATER,
            starttls(fewer_offers(good)), clear=False,
            more=["--login", "joe"])
        add("good", mode, OK, starttls(shake(good)), clear=False)
        add("self-signed", mode, OK, starttls(shake(pki.context("self"))),
            clear=False)
        add("words before the handshake", mode, LATER,
            starttls(shake(good), b"220 go\r\n250-mx\r\n250 AUTH PLAIN\r\n"),
            clear=False)
        add("close after it", mode, LATER, starttls(close_after(good)),
            clear=False)
        add("garbage after it", mode, LATER, starttls(garbage_after(good)),
            clear=False)
    add("not wanted", "none", OK, starttls(lambda c: None))
    broken = [
        ("a version too old", shake(old(pki.context("good")))),
        ("octets one by one", drip),
        ("close instead of it", lambda c: None),
        ("reset instead of it", lambda c: reset(c, b"")),
        ("silence instead of it", lambda c: silence(c, b"")),
        ("garbage instead of it", lambda c: (c.more(), c.say(b"\x00" * 500),
                                             c.drain())),
        ("SMTP instead of it", lambda c: (c.more(), c.say(GOOD["mail"]),
                                          c.drain())),
        ("an alert", lambda c: (c.more(), c.say(b"\x15\x03\x03\0\x02\x02\x28"),
                                c.drain())),
        ("half a handshake", lambda c: (c.more(),
                                        c.say(b"\x16\x03\x03\x02\0\x02\0"))),
    ]
    for name, act in broken:
        add(name, "may", OK, starttls(act))
        add(name, "must", LATER, starttls(act), clear=False)
    add("454", "may", OK, starttls(refused_in_tls, b"454 4.7.0 no\r\n"))
    add("454", "must", LATER,
        starttls(lambda c: c.drain(), b"454 4.7.0 no\r\n"), clear=False)
    add("554", "must", LATER,
        starttls(lambda c: c.drain(), b"554 5.7.0 no\r\n"), clear=False)
    add("stripped", "may", OK, lambda c: c.go())
    add("stripped", "must", LATER, lambda c: c.go(), clear=False)
    add("stripped", "verify", LATER, lambda c: c.go(), clear=False)
    for name in pki.names:
        add(name, "verify", OK if name == "good" else LATER,
            starttls(shake(pki.context(name))), clear=False,
            host="localhost", ca=pki.authority)
    add("a name, for an address", "verify", LATER,
        starttls(shake(pki.context("no address"))), clear=False,
        ca=pki.authority)
    if not os.environ.get("ALONE"):
        return cases
    # in a network of our own the port is ours
    for mode in ("may", "must", "verify"):
        add("from the first octet", mode, OK, implicit(good), clear=False,
            port=465, ca=pki.authority)
        add("not from the first octet", mode, LATER, lambda c: c.go(),
            clear=False, port=465, ca=pki.authority)
    add("the greeting in the handshake's last packet", "must", LATER,
        in_one_packet(pki.context("good")), port=465,
        seen=b"that was all")
    add("self-signed, from the first octet", "verify", LATER,
        implicit(pki.context("self")), clear=False, port=465,
        ca=pki.authority)
    add("on its port, not wanted", "none", OK, lambda c: c.go(), port=465)
    return cases
