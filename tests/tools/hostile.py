#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""hostile.py GROUP PORT [SEED] - says to an SMTP server what it ought not to
hear, one case after another, and prints "ok NAME" or "not ok NAME: why" for
each. Mail that is to arrive goes to good*@example.test, and mail that must not
to evil*@example.test. Groups: ends random chunks sizes hops aborts strangers
limits idlers drips shares many"""
import random
import re
import select
import socket
import struct
import sys
import time

PORT = int(sys.argv[2])
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
HELLO = b"EHLO hostile.test\r\n"
ENVELOPE = b"MAIL FROM:<s@hostile.test>\r\nRCPT TO:<%s@example.test>\r\nDATA\r\n"
EVIL = ENVELOPE % b"evil" + b"evil\r\n.\r\n"


class Wrong(Exception):
    pass


class Client:
    def __init__(self, hello=True, source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", PORT), 120,
                                               (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        if hello is not None:
            self.want(b"", "220")
        if hello:
            self.want(HELLO, "250")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def reply(self):
        """One reply's first line, or "" at the end."""
        first = None
        while True:
            try:
                line = self.file.readline()
            except ConnectionResetError:
                return ""
            if not line:
                return ""
            if not re.fullmatch(rb"[2-5][0-9][0-9][ -][ -~]*\r\n", line):
                raise Wrong(f"malformed reply {line!r}")
            first = first or line.decode().strip()
            if line[3:4] == b" ":
                return first

    def want(self, octets, *codes):
        """Say it; hear a reply for each of codes, patterns; "" is the end."""
        if octets:
            self.socket.sendall(octets)
        for code in codes:
            got = self.reply()
            if not re.match(code + ("$" if code == "" else ""), got):
                raise Wrong(f"{octets[:60]!r}: {got or 'end'}, not "
                            f"{code or 'end'}")

    def begin(self, to):
        self.want(ENVELOPE % to, "250", "250", "354")

    def quit(self):
        self.want(b"QUIT\r\n", "221", "")


def case(name, function, *args):
    try:
        function(*args)
        print("ok", name, flush=True)
    except (Wrong, OSError) as e:
        print(f"not ok {name}: {e}".replace("\\", "/"), flush=True)


def show(octets):
    """Without backslashes, which shells take for theirs."""
    return re.sub(r"[^ -\[\]-~]", lambda c: f"<{ord(c.group()):02x}>",
                  octets.decode("latin-1"))


def alive():
    with Client() as c:
        c.want(b"NOOP\r\n", "250")
        c.quit()


# --- what might end a message

def one_end(end):
    """Whatever stands there, evil is text, and the whole is one message."""
    with Client() as c:
        c.begin(b"evil")
        c.want(b"Subject: x\r\n\r\ntext" + end + EVIL, "554 5.6.0")
        c.want(b"NOOP\r\n", "250")
        c.quit()


def ends():
    for end in [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n",
                b"\r\n.\r", b"\n.\r", b"\r.\n", b"\r\r\n.\r\r\n",
                b"\r\n.\r\r\n", b"\n\r.\n\r", b"\r\n\0.\r\n", b"\0\r\n.\n",
                b"\r\n.\0\r\n", b"\n\n.\n\n", b"\r\n\r.\r\n", b"\n.\n\n",
                b"\r\n.\n\r\n"]:
        case("no end: " + show(end), one_end, end)
    # these are nothing but text
    for end in [b"\r\n..\r\n", b"\r\n. \r\n", b"\r\n .\r\n", b"\r\n.\t\r\n",
                b"\r\n.\x0b\r\n", b"\r\n.\x85\r\n", b"\r\n\xe2\x80\xa8.\r\n",
                b"\r\n.\xc2\x85\r\n", b".\r\n", b"\r\n.a\r\n"]:
        case("only text: " + show(end), only_text, end)


def only_text(end):
    with Client() as c:
        c.begin(b"good")
        c.want(b"Subject: x\r\n\r\ntext" + end + b"more\r\n.\r\n", "250")
        c.want(b"NOOP\r\n", "250")
        c.quit()


def random_ends():
    """As many replies at the end of text as there are CRLF.CRLF, message after
    message in one session."""
    print("# seed", SEED)
    rand = random.Random(SEED)
    letters = [b"\r", b"\n", b".", b"\0", b" ", b"\x0b", b"\x0c", b"\xc2\x85",
               b"\xe2\x80\xa8", b"\r\n", b"\r\n."]

    def some(_):
        with Client() as c:
            for _ in range(25):
                text = b"x" + b"".join(
                    rand.choices(letters, k=rand.randrange(1, 9)))
                if b"\r\n.\r\n" in text + b"\r\n.":
                    continue
                bad = re.search(rb"\0|\r(?!\n)|(?<!\r)\n", text)
                c.begin(b"evil" if bad else b"good")
                c.want(text + b"\r\n.\r\n", "554 5.6.0" if bad else "250")
            c.want(b"NOOP\r\n", "250")
            c.quit()
    for n in range(40):
        case(f"random texts, session {n}", some, n)


MAIL, RCPT = b"MAIL FROM:<s@hostile.test>\r\n", b"RCPT TO:<good@example.test>\r\n"


# --- chunks

def chunks():
    def bdat(text, *codes):
        with Client() as c:
            c.want(MAIL + RCPT, "250", "250")
            c.want(text, *codes)

    def noop(text, *codes):
        bdat(text + b"NOOP\r\n", *codes, "250")

    case("chunk", noop, b"BDAT 7 LAST\r\nhello\r\n", "250")
    case("three chunks at once", noop,
         b"BDAT 2\r\nheBDAT 3\r\nlloBDAT 2 LAST\r\n\r\n", "250", "250", "250")
    case("no line end", noop, b"BDAT 5 LAST\r\nhello", "250")
    case("a dot of its own", noop, b"BDAT 9 LAST\r\na\r\n.\r\nb\r\n",
         "250")
    case("chunk with evil in it", noop,
         b"BDAT %d LAST\r\n.\r\n%s" % (len(EVIL) + 3, EVIL), "250")
    case("bare LF", noop, b"BDAT 3 LAST\r\na\nb", "554")
    case("NUL", noop, b"BDAT 3 LAST\r\na\0b", "554")
    case("CR at the end", noop, b"BDAT 2 LAST\r\na\r", "554")
    case("CR and LF apart", noop, b"BDAT 2\r\na\rBDAT 1 LAST\r\n\n", "250",
         "250")
    case("no number", noop, b"BDAT x LAST\r\n", "501")
    case("negative", noop, b"BDAT -1 LAST\r\n", "501")
    case("no LAST", noop, b"BDAT 6 FAST\r\nQUIT\r\n", "501")
    for n in [1 << 31, 1 << 32, (1 << 32) + 6, (1 << 63) - 1, 1 << 63,
              (1 << 64) - 1, 1 << 64, (1 << 64) + 6, 10 ** 100]:
        case(f"chunk of {n:.3g}", bdat, b"BDAT %d LAST\r\nQUIT\r\n" % n, "552",
             "")
    case("RSET between", noop, b"BDAT 3\r\nabcRSET\r\nBDAT 3 LAST\r\nxyz",
         "250", "250", "503")
    case("after an error all is swallowed", noop,
         b"BDAT 2\r\n\n\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nBDAT 6\r\n"
         b"QUIT\r\n", "554", "554", "554", "503")


# --- sizes

def sizes():
    """For --max-size 1000 --line-limit 100."""
    def data(text, code):
        with Client() as c:
            c.begin(b"good" if code == "250" else b"evil")
            c.want(text + b".\r\n", code)
            c.want(b"NOOP\r\n", "250")

    case("1000 octets", data, b"x" * 98 + b"\r\n" + (b"y" * 98 + b"\r\n") * 9,
         "250")
    case("1001 octets", data, b"x" * 99 + b"\r\n" + (b"y" * 98 + b"\r\n") * 9,
         "552")
    case("line of 100", data, b"x" * 100 + b"\r\n", "250")
    case("line of 101", data, b"x" * 101 + b"\r\n", "554")
    case("20 MB", data, (b"x" * 98 + b"\r\n") * 200000, "552")
    case("a line of 20 MB", data, b"x" * 20000000 + b"\r\n", "55[24]")


def hops():
    def data(n, code):
        with Client() as c:
            c.begin(b"good" if code == "250" else b"evil")
            c.want(b"Received: x\r\n" * n + b"\r\n.\r\n", code)
    case("99 Received", data, 99, "250")
    case("100 Received", data, 100, "554 5.4.6")


# --- those who go away, and those who came to the wrong place

def aborts():
    whole = [b"", HELLO[:3], HELLO[3:], MAIL[:9], MAIL[9:],
             b"RCPT TO:<evil@example.t", b"est>\r\n", b"DA", b"TA\r\n", b"Subject: x\r\n", b"x" * 100000,
             b"\r\n", b".", b"\r"]
    replies = ["220", None, "250", None, "250", None, "250", None, "354"]
    for how in "close", "reset", "half", "quit":
        for upto in range(1, len(whole) + 1):
            case(f"{how} after step {upto}", abort, how, whole[:upto], replies)
    for how in "close", "reset", "half":
        case(f"{how} within a chunk", abort, how,
             [b"", HELLO, MAIL, b"RCPT TO:<evil@example.test>\r\n",
              b"BDAT 100\r\nabc"], ["220", "250", "250", "250", None])
    case("alive", alive)


def abort(how, steps, replies):
    with Client(hello=None) as c:
        for i, octets in enumerate(steps):
            code = replies[i] if i < len(replies) else None
            c.want(octets, *([code] if code else []))
        if how == "reset":
            c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
        elif how == "half":
            c.socket.shutdown(socket.SHUT_WR)
            while c.reply():
                pass
        elif how == "quit":
            c.socket.sendall(b"QUIT")


def strangers():
    def stranger(octets):
        with Client(hello=False) as c:
            c.socket.sendall(octets)
            c.socket.shutdown(socket.SHUT_WR)
            while c.reply():
                pass
    body = EVIL * 3
    for name, octets in {
            "HTTP GET": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "HTTP POST": b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (
                len(body), body),
            "TLS": bytes.fromhex("160301020001000001fc0303") + bytes(500),
            "SSH": b"SSH-2.0-x\r\n" + bytes(range(256)),
            "NULs": bytes(100000), "LFs": b"\n" * 1000,
            "CRs": b"\r" * 100000,
            "dots": b".\r\n" * 40,
            "noise": random.Random(1).randbytes(300000)}.items():
        case(name, stranger, octets)
    case("alive", alive)


# --- limits, for a server that was started with small ones

def limits():
    """For --max-commands 12 --max-unknown 3 --max-errors 5 --max-rcpt 3
    --max-mails 2 --max-per-address 4."""
    def count(line, code, n, last):
        with Client() as c:
            for _ in range(n):
                c.want(line, code)
            c.want(line, last, "")

    case("commands", count, b"NOOP\r\n", "250", 11, "421 4.7.0")
    case("unknown commands", count, b"WIZ\r\n", "500", 3, "421 4.7.0")
    case("errors", count, b"RSET x\r\n", "501", 5, "421 4.7.0")

    def rcpts():
        with Client() as c:
            c.want(MAIL + RCPT * 4 + b"DATA\r\n", "250", "250", "250", "250",
                   "452 4.5.3", "354")
            c.want(b"x\r\n.\r\n", "250")
    case("recipients", rcpts)

    def mails():
        with Client() as c:
            for _ in range(2):
                c.want(MAIL, "250")
                c.want(b"RSET\r\n", "250")
            c.want(MAIL, "421 4.7.0", "")
    case("messages", mails)

    def sessions():
        clients = [Client(hello=False, source="127.0.0.9") for _ in range(4)]
        with Client(hello=None, source="127.0.0.9") as c:
            c.want(b"", "421 4.7.0", "")
        with Client(source="127.0.0.8"):
            pass
        for c in clients:
            c.quit()
            c.__exit__()
    case("sessions from one address", sessions)


def idlers():
    """For --command-time 3 --text-time 3: each is sent away at its end."""
    def idle(*steps):
        with Client(hello=False) as c:
            for octets, code in steps:
                c.want(octets, *([code] if code else []))
            c.want(b"", "421 4.4.2", "")
    case("idle", idle)
    case("idle in a command", idle, (b"EH", None))
    case("idle in a transaction", idle, (HELLO, "250"), (MAIL, "250"))
    case("idle in text", idle, (HELLO, "250"), (MAIL, "250"), (RCPT, "250"),
         (b"DATA\r\n", "354"), (b"x\r\n", None))
    case("idle in a chunk", idle, (HELLO, "250"), (MAIL, "250"), (RCPT, "250"),
         (b"BDAT 9\r\nx", None))


def drips():
    """For --transaction-time 10: 30 clients say an octet a second, within a
    command, a text, a chunk, and are sent away at its end."""
    clients = [Client() for _ in range(30)]
    octets = [(b"RCPT TO:<evil@example.test>", []),
              (RCPT.replace(b"good", b"evil") + b"DATA\r\n", ["250", "354"]),
              (RCPT.replace(b"good", b"evil") + b"BDAT 1000\r\n", ["250"])]
    for n, c in enumerate(clients):
        said, codes = octets[n % 3]
        c.want(MAIL, "250")
        c.want(said, *codes)
    left = set(clients)
    for _ in range(60):
        for c in left:
            c.socket.sendall(b"x")
        heard, _, _ = select.select([c.socket for c in left], [], [], 1)
        left = {c for c in left if c.socket not in heard}
        time.sleep(1 if heard else 0)
        if not left:
            break
    for n, c in enumerate(clients):
        case(f"drip {n}", c.want, b"", "421 4.4.2", "")


def shares():
    """For --transactions 5: one address may have three of them."""
    chunk = b"BDAT 70000\r\n" + b"x" * 998 + b"\r\n" + b"x" * 69000
    large = b"MAIL FROM:<s@hostile.test> SIZE=70000\r\n"
    held = []

    def hold(source, n):
        for _ in range(n):
            c = Client(source=source)
            c.want(MAIL + RCPT + chunk, "250", "250", "250")
            held.append(c)

    def refused(source, code):
        with Client(source=source) as c:
            c.want(large, code)
            c.want(MAIL + RCPT.replace(b"good", b"evil") +
                   chunk.replace(b"\r", b" LAST\r", 1), "250", "250", code)

    case("as many large messages as one address may have", hold,
         "127.0.0.2", 3)
    case("and one more", refused, "127.0.0.2", "452 4.7.0")
    case("the others are for others", hold, "127.0.0.3", 2)
    case("and no more than all of them", refused, "127.0.0.4", "452 4.3.1")

    def again():
        held[0].want(b"BDAT 2 LAST\r\n\r\n", "250")
        held[0].want(large, "250")
    case("who is done may send more", again)
    for c in held:
        c.__exit__()


def many():
    """1,000 sessions at rest, and mail all the same."""
    held = [Client(hello=bool(n % 2), source=f"127.0.1.{1 + n // 50}")
            for n in range(1000)]

    def mail():
        for _ in range(20):
            with Client() as c:
                c.begin(b"good")
                c.want(b"x\r\n.\r\n", "250")
                c.quit()
    case("mail among 1,000 sessions", mail)
    print("holding", flush=True)
    sys.stdin.readline()

    def still():
        for c in held:
            c.want(b"NOOP\r\n", "250")
            c.quit()
            c.__exit__()
    case("all of which are served in the end", still)


{"ends": ends, "random": random_ends,
 "chunks": chunks, "sizes": sizes, "hops": hops, "aborts": aborts,
 "strangers": strangers, "limits": limits, "idlers": idlers, "drips": drips,
 "shares": shares, "many": many}[sys.argv[1]]()
