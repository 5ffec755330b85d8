#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""greedy.py KIND PORT N - N clients at a time who want the server to keep much
for them. Prints "holding" when all have said what they had to say, and goes when
standard input ends. Kinds: unread (replies are), halves (of messages), rcpts,
ends (of those, all at once), tails (commands behind a message), lines (without
an end), chunks (announced, and not sent), large (messages)"""
import resource
import select
import socket
import sys
import time

PER_ADDRESS = 50	# well below what one address may have
KIND, PORT, N = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
HELLO = b"EHLO greedy.test\r\n"
MAIL = b"MAIL FROM:<s@greedy.test>\r\n"
RCPT = b"RCPT TO:<evil@example.test>\r\n"
LONG = b"".join(b"RCPT TO:<%s+%04d@example.test> ORCPT=rfc822;%s\r\n" % (
    b"l" * 59, n, b"o" * 493) for n in range(1000))

# what each says, one write after another; a number: so many replies are
# waited for
SAYS = {
    "unread": [HELLO, 1, b"HELP\r\n" * 9000],
    "halves": [HELLO, 1, MAIL + RCPT + b"DATA\r\n", 3,
               (b"x" * 998 + b"\r\n") * 65],
    "rcpts": [HELLO, 1, MAIL + LONG],
    "ends": [HELLO, 1, MAIL + LONG, 1001, b"DATA\r\n", 1, b"x\r\n.\r\n"],
    "tails": [HELLO, 1, MAIL + RCPT + b"DATA\r\n", 3,
              b"x\r\n.\r\n" + b"NOOP x\r\n" * 7900],
    "lines": [HELLO, 1, b"N" * 10000000],
    "chunks": [HELLO, 1, MAIL + RCPT + b"BDAT 50000000\r\n" + b"x" * 60000, 2],
    "large": [HELLO, 1, MAIL + RCPT + b"DATA\r\n", 3,
              (b"x" * 998 + b"\r\n") * 50000 + b".\r\n", 1],
}[KIND]


class Client:
    def __init__(self, n):
        at = n // PER_ADDRESS
        self.socket = socket.socket()
        if KIND == "unread":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.socket.settimeout(60)
        self.socket.bind((f"127.2.{at // 250}.{1 + at % 250}", 0))
        self.socket.connect(("127.0.0.1", PORT))
        self.socket.setblocking(False)
        self.steps = [1] + SAYS
        self.heard = b""
        self.over = False

    def replies(self):
        try:
            while more := self.socket.recv(65536):
                self.heard += more
            self.over = True
        except BlockingIOError:
            pass
        except ConnectionError:
            self.over = True
        lines = self.heard.split(b"\r\n")
        return sum(line[3:4] == b" " for line in lines[:-1])

    def go_on(self):
        """as far as it goes; False: no more to say"""
        while self.steps and not self.over:
            step = self.steps[0]
            if isinstance(step, int):
                if self.replies() < step:
                    return not self.over
                self.heard = b""
                self.steps.pop(0)
                continue
            try:
                sent = self.socket.send(step)
            except BlockingIOError:
                return True
            except ConnectionError:
                return False
            self.steps[0] = step[sent:]
            if sent == len(step):
                self.steps.pop(0)
        return False


def main():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    clients = [Client(n) for n in range(N)]
    # who is not read from may never be able to say all: that will do
    moved = time.monotonic()
    left = clients
    while left and time.monotonic() - moved < 3:
        before = [(len(c.steps), len(c.steps[0]) if c.steps and isinstance(
            c.steps[0], bytes) else len(c.heard)) for c in left]
        still = [c for c in left if c.go_on()]
        after = [(len(c.steps), len(c.steps[0]) if c.steps and isinstance(
            c.steps[0], bytes) else len(c.heard)) for c in left]
        if len(still) < len(left) or before != after:
            moved = time.monotonic()
        left = still
        time.sleep(0.01)
    print("holding", N - len(left), "of", N, flush=True)
    sys.stdin.read()


main()
