# SPDX-License-Identifier: ISC
"""Misdeeds of one host towards one recipient, at each step."""
import socket
import struct
import time

from badcall import (GOOD, LATER, NEVER, OK, STEPS, TOO_LONG, Over,
                     with_offers)


# Misdeeds: instead of the reply of a step.

def close(call, _):
    raise Over


def reset(call, _):
    call.conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
    raise Over


def silence(call, _):
    call.drain()
    raise Over


def drip(call, good):
    for octet in good[:3] + b"-" + b"x" * 100000:
        call.say(bytes([octet]))
        time.sleep(0.05)


def endless_line(call, good):
    call.say(good[:3] + b" ")
    while True:
        call.say(b"x" * 65536)


def endless_lines(call, good):
    while True:
        call.say((good[:3] + b"-again\r\n") * 4096)


def reply(text):
    def misdeed(call, good):
        call.say(text if callable(text) is False else text(good))
        call.drain()
        raise Over
    return misdeed


def instead(text):
    """another reply, and the dialogue goes on as the client wants"""
    def misdeed(call, good):
        call.say(text)
        while True:
            line = call.until(b"\r\n")
            verb = line[:4].upper()
            if verb == b"QUIT":
                call.say(GOOD["quit"])
                raise Over
            if verb == b"HELO":
                call.say(b"250 mx.test\r\n")
                call.go(first="mail")
                raise Over
            call.say(b"250 ok\r\n")
    return misdeed


def odd(octets):
    """a good reply with octets in its text that don't belong there"""
    def misdeed(call, good):
        at = len(good) - 2
        call.say(good[:at] + octets + good[at:])
        raise StopIteration
    return misdeed


def long_good(call, good):
    code = good[:3]
    call.say((code + b"-" + b"y" * 90 + b"\r\n") * 2000)
    call.say(good.split(b"\r\n")[-2] + b"\r\n")
    raise StopIteration


# (name, misdeed, outcome at greeting, ehlo, mail, rcpt, data, dot, quit)
ANY = [LATER] * 6 + [OK]
MISDEEDS = [
    ("close", close, ANY),
    ("reset", reset, ANY),
    ("silence", silence, ANY),
    ("drip", drip, ANY),
    ("a line without an end", endless_line, ANY),
    ("lines without an end", endless_lines, ANY),
    ("garbage", reply(b"\x80\xff\x00 hello\r\n"), ANY),
    ("an empty line", reply(b"\r\n"), ANY),
    ("words of HTTP", reply(b"HTTP/1.1 200 OK\r\n\r\n"), ANY),
    ("code 999", reply(b"999 no\r\n"), ANY),
    ("code 000", reply(b"000 no\r\n"), ANY),
    ("a code of two digits", reply(b"25 ok\r\n"), ANY),
    ("a code that changes", reply(lambda g: g[:3] + b"-a\r\n599 b\r\n"), ANY),
    ("a bare LF", reply(lambda g: g[:3] + b" a\n"), ANY),
    ("a bare LF behind it", reply(lambda g: g[:-2] + b"\n250 ok\r\n"), ANY),
    ("a bare CR", odd(b" a\rb"), [OK] * 7),
    ("CR CR LF", odd(b"\r"), [OK] * 7),
    ("a NUL", odd(b" a\0b"), [OK] * 7),
    ("octets beyond ASCII", odd(b" \xff\xfe\xc3"), [OK] * 7),
    ("a NUL in a 5xx", instead(b"550 5.1.1 no\0such\r\n"),
     [LATER, OK, NEVER, NEVER, NEVER, NEVER, OK]),
    ("half a reply, then close", lambda c, g: (c.say(g[:2]), close(c, g)),
     ANY),
    ("a reply of another kind", reply(b"354 what\r\n"),
     [LATER, LATER, LATER, LATER, None, LATER, OK]),
    ("180 KB of good reply", long_good, [OK] * 7),
    ("421", instead(b"421 4.3.2 closing\r\n"), ANY),
    ("a 4xx", instead(b"451 4.3.0 later\r\n"), ANY),
    ("a 5xx", instead(b"554 5.7.1 never\r\n"),
     [LATER, OK, NEVER, NEVER, NEVER, NEVER, OK]),
    ("a 5xx of control octets", instead(b"550 5.1.1 \x1b[2J\x07\x9bx\r\n"),
     [LATER, OK, NEVER, NEVER, NEVER, NEVER, OK]),
]


def misbehave(step, misdeed):
    def behave(call):
        at = STEPS.index(step)
        if at:
            call.go(last=STEPS[at - 1])
        call.hear(step)
        try:
            misdeed(call, GOOD[step])
        except StopIteration:
            if step != "quit":
                call.go(first=STEPS[at + 1])
    return behave


def all_ahead(upto):
    """all replies at once, before anything was asked"""
    def behave(call):
        call.say(b"".join(GOOD[s] for s in STEPS[:STEPS.index(upto) + 1]))
        call.drain()
    return behave


def ahead_at(step, extra):
    """a good reply, with the next one behind it before its time"""
    return lambda call: (call.go(dict(GOOD, **{step: GOOD[step] + extra}),
                                 last=step), call.drain())


def never_reads(call):
    call.go(last="data")
    time.sleep(TOO_LONG)


def refuses_text(call):
    call.go(last="data")
    call.more()
    call.say(b"552 5.3.4 enough\r\n")
    call.drain()


def no_accept(call):
    time.sleep(TOO_LONG)


def pipelined(call):
    call.go(with_offers("PIPELINING", "8BITMIME"), last="ehlo")
    for _ in range(3):
        call.until(b"\r\n")
    call.say(GOOD["mail"] + GOOD["rcpt"] + GOOD["data"])
    call.go(first="dot")


def pipelined_short(call):
    call.go(with_offers("PIPELINING", "8BITMIME"), last="ehlo")
    call.until(b"DATA\r\n")
    call.say(GOOD["mail"] + GOOD["rcpt"])
    call.drain()


def pipelined_early_dot(call):
    call.go(with_offers("PIPELINING", "8BITMIME"), last="ehlo")
    call.until(b"DATA\r\n")
    call.say(GOOD["mail"] + GOOD["rcpt"] + GOOD["data"] + GOOD["dot"])
    call.drain()


def login(*replies):
    def behave(call):
        call.go(with_offers("8BITMIME", "AUTH PLAIN LOGIN CRAM-MD5"),
                last="ehlo")
        for text in replies:
            call.until(b"\r\n")
            call.say(text)
        call.go(first="mail")
    return behave


def login_endless(call):
    call.go(with_offers("8BITMIME", "AUTH LOGIN"), last="ehlo")
    while True:
        call.until(b"\r\n")
        call.say(b"334 VXNlcm5hbWU6\r\n")


def cases():
    for name, misdeed, outcomes in MISDEEDS:
        for step, outcome in zip(STEPS, outcomes):
            if outcome:
                yield dict(name=f"{name}: {step}", outcome=outcome,
                           behave=misbehave(step, misdeed), text=outcome == OK
                           or step in ("dot", "quit"))
    for step in STEPS[1:]:
        yield dict(name=f"all replies ahead, to {step}", outcome=LATER,
                   behave=all_ahead(step))
    for step, extra in (("greeting", GOOD["ehlo"]), ("ehlo", GOOD["mail"]),
                        ("mail", GOOD["rcpt"]), ("rcpt", GOOD["data"]),
                        ("data", GOOD["dot"])):
        yield dict(name=f"a reply too many after {step}", outcome=LATER,
                   behave=ahead_at(step, extra))
    yield dict(name="does not read the text", outcome=LATER,
               behave=never_reads, size=64 << 20)
    yield dict(name="refuses in the middle", outcome=NEVER,
               behave=refuses_text, size=64 << 20)
    yield dict(name="pipelining", outcome=OK, behave=pipelined)
    yield dict(name="pipelining, a reply short", outcome=LATER,
               behave=pipelined_short)
    yield dict(name="pipelining, the last reply early", outcome=LATER,
               behave=pipelined_early_dot)
    yield dict(name="SIZE too small", outcome=NEVER,
               behave=lambda c: c.go(with_offers("8BITMIME", "SIZE 9")))
    yield dict(name="SIZE beyond all numbers", outcome=OK,
               behave=lambda c: c.go(with_offers(
                   "8BITMIME", "SIZE 99999999999999999999999999")))
    yield dict(name="8-bit text, not offered", outcome=NEVER,
               message=b"Subject: x\r\n\r\n\xe4\r\n",
               behave=lambda c: c.go(with_offers("SIZE")))
    yield dict(name="5,000 offers", outcome=OK,
               behave=lambda c: c.go(with_offers("8BITMIME", *[
                   f"X{n} " + "y" * 20 for n in range(5000)])))
    for name, behave, outcome in (
            ("accepted", login(b"235 in\r\n"), OK),
            ("refused", login(b"535 5.7.8 no\r\n"), LATER),
            ("put off", login(b"454 4.7.0 no\r\n"), LATER),
            ("a challenge that is none", login(b"334 !!!\r\n"), LATER),
            ("a challenge of 100 KB", login(b"334 " + b"YQ==" * 25000 +
                                            b"\r\n"), LATER),
            ("challenges without an end", login_endless, LATER),
            ("not offered", lambda c: c.go(), LATER),
            ("closed", login(), LATER)):
        yield dict(name=f"login: {name}", behave=behave, outcome=outcome,
                   options=["--login", "joe"])
