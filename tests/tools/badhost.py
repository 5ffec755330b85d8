#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""badhost.py PROGRAM SCRATCH [OPTION...] - hosts of every bad kind, and
mailgrave-remote in front of each. What counts: the outcome, that there is one
in time, memory, and the octets that it sent. TAP on standard output; OPTIONs
are for the program (--user, --chroot)."""
import concurrent.futures
import contextlib
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

import certs

PROGRAM, SCRATCH, *OPTIONS = sys.argv[1:]
HURRY = "60"		# 5 minutes become 5 seconds
LIMIT = 480		# seconds of a delivery: 8
TOO_LONG = 120		# for a test on the busiest machine
MEMORY = 24 << 20	# octets of its own
SECRET = "hunter2-is-secret"
MESSAGE = (b"Subject: hostile\r\n\r\n.a dot\r\n..\r\n.\r\n" +
           b"x" * 990 + b"\r\nend\r\n")
STEPS = ["greeting", "ehlo", "mail", "rcpt", "data", "dot", "quit"]
GOOD = {
    "greeting": b"220 mx.test ESMTP\r\n",
    "ehlo": b"250-mx.test\r\n250 8BITMIME\r\n",
    "mail": b"250 2.1.0 ok\r\n",
    "rcpt": b"250 2.1.5 ok\r\n",
    "data": b"354 go on\r\n",
    "dot": b"250 2.0.0 taken\r\n",
    "quit": b"221 2.0.0 bye\r\n",
}
OK, LATER, NEVER = "delivered", "deferred", "failed"


PORT = threading.Lock()	# cases of a fixed port, one at a time


class Over(Exception):
    pass


class Host:
    """One listener; each call is a dialogue, led by behave."""

    def __init__(self, behave, port=0):
        self.behave = behave
        self.calls = []		# octets heard in the clear, a call each
        self.secure = []	# and over TLS
        self.listener = socket.create_server(("127.0.0.1", port), backlog=16)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(conn,),
                             daemon=True).start()

    def talk(self, conn):
        call = Call(self, conn)
        try:
            self.behave(call)
        except (Over, OSError, ValueError):
            pass
        finally:
            try:
                call.conn.close()
            except OSError:
                pass

    def close(self):
        # else whoever waits in accept would keep the port
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Call:
    def __init__(self, host, conn):
        self.host = host
        self.number = len(host.calls)
        self.conn = conn
        self.heard = bytearray()
        host.calls.append(self.heard)
        self.buffer = b""

    def say(self, octets):
        self.conn.sendall(octets)

    def more(self):
        octets = self.conn.recv(65536)
        if not octets:
            raise Over
        self.heard += octets
        self.buffer += octets

    def until(self, end):
        while end not in self.buffer:
            self.more()
        at = self.buffer.index(end) + len(end)
        taken, self.buffer = self.buffer[:at], self.buffer[at:]
        return taken

    def hear(self, step):
        """what the client says before the reply of that step"""
        if step == "dot":
            if self.buffer.startswith(b".\r\n"):
                return self.until(b".\r\n")
            return self.until(b"\r\n.\r\n")
        if step != "greeting":
            return self.until(b"\r\n")
        return b""

    def drain(self):
        try:
            while True:
                self.more()
        except OSError:
            pass

    def go(self, replies=GOOD, last="quit", first="greeting"):
        """a proper dialogue from first to last"""
        for step in STEPS[STEPS.index(first):STEPS.index(last) + 1]:
            line = self.hear(step)
            if step == "ehlo" and line[:4].upper() == b"HELO":
                self.say(b"250 mx.test\r\n")
            else:
                self.say(replies[step])

    def secure(self, context):
        self.conn = context.wrap_socket(self.conn, server_side=True)
        self.heard = bytearray()
        self.host.secure.append(self.heard)
        self.buffer = b""


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
    ("a bare CR", reply(lambda g: g[:3] + b" a\rb\r\n"), ANY),
    ("a NUL", reply(lambda g: g[:3] + b" a\0b\r\n"), ANY),
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


def with_offers(*offers):
    lines = [b"mx.test"] + [o.encode() for o in offers]
    text = b"".join(b"250" + (b" " if n == len(lines) - 1 else b"-") + line +
                    b"\r\n" for n, line in enumerate(lines))
    return dict(GOOD, ehlo=text)


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


def refused_in_tls(call):
    call.go(first="mail")


def tls_cases(pki):
    good = pki.context("good")
    cases = []

    def add(name, mode, outcome, behave, **more):
        cases.append(dict(name=f"TLS {mode}: {name}", behave=behave,
                          outcome=outcome, options=["--tls", mode], **more))

    for mode in ("may", "must"):
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
    add("self-signed, from the first octet", "verify", LATER,
        implicit(pki.context("self")), clear=False, port=465,
        ca=pki.authority)
    add("on its port, not wanted", "none", OK, lambda c: c.go(), port=465)
    return cases


def cases(pki):
    for name, misdeed, outcomes in MISDEEDS:
        for step, outcome in zip(STEPS, outcomes):
            if outcome:
                yield dict(name=f"{name}: {step}", outcome=outcome,
                           behave=misbehave(step, misdeed))
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
    yield from tls_cases(pki)


# What was sent

def forbidden(octets):
    """what no client may say"""
    # a handshake is not text
    octets = octets.split(b"STARTTLS\r\n")[0]
    if octets.startswith(b"\x16\x03"):
        return None
    if b"\0" in octets:
        return "a NUL"
    if re.search(rb"\r(?!\n)|(?<!\r)\n", octets.rstrip(b"\r")):
        return "a bare CR or LF"
    if any(len(line) > 998 for line in octets.split(b"\r\n")):
        return "a line that is too long"
    at = octets.find(b"DATA\r\n")
    if at >= 0:
        for line in octets[at:].split(b"\r\n"):
            if line.startswith(b".") and line != b"." and line[:2] != b"..":
                return "a dot alone before text"
    return None


def whole(octets):
    stuffed = MESSAGE.replace(b"\r\n.", b"\r\n..")
    return b"DATA\r\n" + stuffed + b".\r\n" in octets


def run(case):
    with PORT if "port" in case else contextlib.nullcontext():
        return judge(case, Host(case["behave"], case.get("port", 0)))


def judge(case, host):
    message = case.get("message", MESSAGE)
    if "size" in case:
        message = message + (b"z" * 62 + b"\r\n") * (case["size"] // 64)
    command = ["prlimit", f"--data={MEMORY}", PROGRAM, *OPTIONS, "--from", "a@x.test", "--rcpt", "b@y.test",
               "--relay", f"{case.get('host', '127.0.0.1')}:{host.port}",
               "--hostname", "me.test", "--hurry", HURRY, "--time-limit",
               str(LIMIT), "--verbose", "--resolver", "127.0.0.1:9",
               *case.get("options", [])]
    if "ca" in case:
        command += ["--tls-ca", case["ca"]]
    child = subprocess.Popen(command, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env={"SMTP_AUTH_PASSWORD": SECRET})
    faults = []
    try:
        out, err = child.communicate(message, timeout=TOO_LONG)
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
        faults.append("it took too long")
    host.close()
    said = b"\n".join(bytes(call) for call in host.calls)
    outcome = out.split(b" ")[1].decode() if out.count(b" ") else "none"
    if outcome != case["outcome"]:
        faults.append(f"{outcome}, not {case['outcome']}")
    if out.count(b"\n") != 1:
        faults.append("not one result")
    if b"(4.3.0) by" in out and b"451 4.3.0" not in out:
        faults.append("a shortage: of memory?")
    codes = {OK: 0, LATER: 111, NEVER: 100}
    if child.returncode != codes.get(outcome):
        faults.append(f"exit {child.returncode}")
    for call in host.secure + ([] if host.secure else host.calls):
        fault = forbidden(bytes(call))
        if fault:
            faults.append(fault)
    if case["outcome"] == OK and "message" not in case and not any(
            whole(bytes(call)) for call in host.calls + host.secure):
        faults.append("the host hasn't the message")
    if case.get("clear") is False and (b"MAIL FROM" in said or
                                       b"Subject" in said):
        faults.append("it spoke in the clear")
    if len(host.calls) > 2:
        faults.append(f"{len(host.calls)} calls")
    for text in (out, err):
        if SECRET.encode() in text:
            faults.append("the secret is shown")
        if re.search(rb"[^\n -~]", text):
            faults.append("octets that are not printable")
    return case["name"], faults, out, err


def main():
    pki = certs.Pki(SCRATCH)
    todo = list(cases(pki))
    failed = 0
    print(f"1..{len(todo)}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        for n, (name, faults, out, err) in enumerate(pool.map(run, todo), 1):
            print(f"{'not ok' if faults else 'ok'} {n} - {name}", flush=True)
            if not faults:
                continue
            failed += 1
            for line in (faults + out.decode().splitlines() +
                         err.decode(errors="replace").splitlines()[-12:]):
                print(f"# {line[:300]}")
    sys.stdout.flush()
    os._exit(failed > 0)	# whatever threads still wait for


main()
