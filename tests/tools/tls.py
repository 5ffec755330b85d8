#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""tls.py CASE HOST-PORT... - one case of an SMTP client and TLS; prints what
went wrong, and exits 1 then. Cases: starttls PORT, smtps PORT, offers PORT (prints them), injection PORT,
halves PORT SMTPS-PORT N, crowd PORT N, slow SMTPS-PORT SECONDS, records SMTPS-PORT, garbage SMTPS-PORT, idle PORT N PID (prints KiB each),
alpn SMTPS-PORT NAME, sni SMTPS-PORT NAME (prints the certificate's)."""
import os
import select
import smtplib
import socket
import ssl
import sys
import time

MAIL = b"From: s@client.test\r\nSubject: x\r\n\r\nhello\r\n"


def context():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    return c


def expect(got, wanted):
    if not wanted(got):
        sys.exit(f"unexpected: {got!r}")


def hear(f):
    """One reply."""
    text = b""
    while True:
        line = f.readline()
        text += line
        if not line or line[3:4] == b" ":
            return text


def plain(port):
    s = socket.create_connection(("127.0.0.1", port), 20)
    f = s.makefile("rb")
    hear(f)
    return s, f


def say(s, f, line):
    s.sendall(line)
    return hear(f)


def ready(port):
    """A connection at the point where the handshake is to begin."""
    s, f = plain(port)
    say(s, f, b"EHLO c.test\r\n")
    expect(say(s, f, b"STARTTLS\r\n"), lambda r: r.startswith(b"220 "))
    return s


def starttls(port):
    with smtplib.SMTP("127.0.0.1", int(port), "c.test", 60) as s:
        s.starttls(context=context())
        expect(s.docmd("MAIL FROM:<s@client.test>")[0], lambda c: c == 503)
        s.ehlo()
        expect("starttls" in s.esmtp_features, lambda e: not e)
        s.sendmail("s@client.test", ["starttls@example.test"], MAIL)


def smtps(port):
    with smtplib.SMTP_SSL("127.0.0.1", int(port), "c.test", timeout=60,
                          context=context()) as s:
        s.sendmail("s@client.test", ["smtps@example.test"],
                   MAIL + b"x" * 900 + b"\r\n" + b"many lines\r\n" * 40000)


def offers(secure):
    """What is to be had from the start, under TLS."""
    with smtplib.SMTP_SSL("127.0.0.1", int(secure), "c.test", timeout=60,
                          context=context()) as s:
        print(s.ehlo()[1].decode())


EVIL = (b"EHLO evil\r\nMAIL FROM:<e@client.test>\r\n"
        b"RCPT TO:<evil@example.test>\r\nDATA\r\nevil\r\n.\r\n")


def injection(port):
    """What is said before the handshake is no command after it."""
    for line in EVIL, b"NOOP\r\n", b"RSET\r\n" * 1000, b"R":
        s, f = plain(int(port))
        say(s, f, b"EHLO c.test\r\n")
        # in one piece: it has not waited
        expect(say(s, f, b"STARTTLS\r\n" + line),
               lambda r: r.startswith(b"554 5.5.0 "))
        # in two: octets that are no handshake
        s = ready(int(port))
        s.sendall(line)
        s.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while more := s.recv(4096):
                got += more
        except ConnectionResetError:
            pass
        expect(got, lambda g: b"250" not in g and b"500" not in g)


def halves(port, secure, n):
    """Handshakes that never end keep nobody out for long, and no mail."""
    hello = bytes.fromhex("160301020001")
    held = []
    for i in range(int(n)):
        if i % 2:
            s = ready(int(port))
        else:
            s = socket.create_connection(("127.0.0.1", int(secure)), 60)
        if i % 4 < 2:
            s.sendall(hello)
        held.append(s)
    s, f = plain(int(port))
    expect(say(s, f, b"EHLO c.test\r\n"), lambda r: r.startswith(b"250"))
    expect(say(s, f, b"NOOP\r\n"), lambda r: r.startswith(b"250"))
    # there is a limit, for those who come in haste: soon the oldest has to go
    until = time.monotonic() + 60
    while not say(s, f, b"STARTTLS\r\n").startswith(b"220 "):
        if time.monotonic() > until:
            sys.exit("no handshake any more")
        time.sleep(0.05)
    held[0].settimeout(60)
    expect(closed(held[0]), lambda c: c)
    for _ in range(10):
        smtplib.SMTP_SSL("127.0.0.1", int(secure), "c.test", timeout=60,
                         context=context()).quit()
    for s in held:
        s.close()


def closed(s):
    try:
        while s.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return True


def crowd(port, n):
    """As many handshakes begun at once as may be, and one more."""
    held = [ready(int(port)) for i in range(int(n))]
    s, f = plain(int(port))
    say(s, f, b"EHLO c.test\r\n")
    expect(say(s, f, b"STARTTLS\r\n"), lambda r: r.startswith(b"454 4.7.0 "))
    for h in held:
        h.close()
    expect(say(s, f, b"QUIT\r\n"), lambda r: r.startswith(b"221 "))


def slow(secure, seconds):
    """A handshake that is never done ends in time, and not before."""
    began = time.monotonic()
    closed(socket.create_connection(("127.0.0.1", int(secure)), 60))
    took = time.monotonic() - began
    expect(took, lambda t: t >= int(seconds) - 0.1)


def garbage(secure):
    import random
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    r = random.Random(seed)
    for i in range(200):
        s = socket.create_connection(("127.0.0.1", int(secure)), 60)
        octets = bytes(r.randrange(256) for _ in range(r.randrange(1, 500)))
        if i % 2:
            # a record of TLS, over-long at times
            octets = b"\x16\x03\x01" + octets * 30
        if i % 5 == 0:
            octets = b"GET / HTTP/1.1\r\n\r\n"
        s.sendall(octets)
        s.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while more := s.recv(4096):
                got += more
        except ConnectionResetError:
            pass
        expect(got, lambda g: len(g) < 100 and b"ESMTP" not in g)
    smtplib.SMTP_SSL("127.0.0.1", int(secure), "c.test", timeout=60,
                     context=context()).quit()


def records(secure):
    """Longer than a record may be, or a message in them, at every time."""
    def raw():
        return socket.create_connection(("127.0.0.1", int(secure)), 60)

    long = b"\x17\x03\x03\x41\x01"      # 2^14 + 257 octets
    for octets in (b"\x16\x03\x01\xff\xff", b"\x16\x03\x01\x40\x01",
                   b"\x16\x03\x01\x00\x04\x01\xff\xff\xff",
                   b"\x16\x03\x01\x00\x00" * 100, long):
        s = raw()
        s.sendall(octets + b"x" * 70000)
        closed(s)
    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        c = context()
        c.minimum_version = c.maximum_version = version
        s = raw()
        t = c.wrap_socket(s)
        expect(t.recv(4), lambda r: r == b"220 ")
        # under TLS, in a record that is none
        socket.socket(fileno=os.dup(t.fileno())).sendall(long + b"x" * 16641)
        try:
            expect(t.recv(4096).startswith(b"4"), lambda r: not r)
            closed(t)
        except (ssl.SSLError, ConnectionResetError, TimeoutError) as e:
            expect(e, lambda e: not isinstance(e, TimeoutError))
    smtplib.SMTP_SSL("127.0.0.1", int(secure), "c.test", timeout=60,
                     context=context()).quit()


def resident(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(next(x for x in f if x.startswith("VmRSS:")).split()[1])


def idle(port, n, pid):
    held = []
    before = 0
    for i in range(int(n) + 100):
        if i == 100:
            before = resident(pid)
        s = smtplib.SMTP("127.0.0.1", int(port), "c.test", 60)
        s.starttls(context=context())
        s.ehlo()
        held.append(s)
    print((resident(pid) - before) / int(n))


def alpn(secure, name):
    c = context()
    c.set_alpn_protocols([name])
    try:
        smtplib.SMTP_SSL("127.0.0.1", int(secure), "c.test", timeout=60,
                         context=c).quit()
    except (ssl.SSLError, OSError):
        sys.exit("refused")


globals()[sys.argv[1]](*sys.argv[2:])
