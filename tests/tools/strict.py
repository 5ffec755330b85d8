#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""strict.py FILE PORT - plays a file of tests/strict to an SMTP server, and
prints "ok NAME" or "not ok NAME: why" for each case.

  # comment
  serve: OPTION...   for the script: what the server is started with
  silent: yes        no case begins with the greeting
  given: LINE        said at the start of each case that follows, until "anew"
  LINE => REPLY      a case: LINE gets REPLY, and then NOOP its 250
  case NAME          what follows, up to the next of these, is one:
  > LINE             is said; several behind each other go in one write
  < REPLY            is heard: how it begins, | between choices
  shut               no more is said
  end                the server closes

In LINE: \\r \\n \\t \\0 \\xNN \\\\, \\{N:TEXT} is TEXT N times, and \\c at its end leaves
out the CRLF. Each reply must be well-formed, with the enhanced code that it
ought to have."""
import re
import socket
import sys


class Wrong(Exception):
    pass


def octets(text):
    out = text.encode()
    while True:
        m = re.search(rb"\\\{(\d+):([^{}]*)\}", out)
        if not m:
            break
        out = out[:m.start()] + m[2] * int(m[1]) + out[m.end():]
    end = b"" if out.endswith(b"\\c") else b"\r\n"
    names = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"c": b"",
             b"\\": b"\\"}
    return re.sub(rb"\\(?:x([0-9a-f]{2})|(.))",
                  lambda m: bytes([int(m[1], 16)]) if m[1] else names[m[2]],
                  out) + end


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.file = self.socket.makefile("rb")
        self.last = b""

    def reply(self):
        lines = []
        while not lines or lines[-1][3] == "-":
            try:
                line = self.file.readline()
            except ConnectionResetError:
                line = b""
            if not line:
                if lines:
                    raise Wrong(f"an end within a reply: {lines}")
                return "end"
            if len(line) > 512 or not re.fullmatch(
                    rb"[2-5]\d\d[ -][ -~]*\r\n", line):
                raise Wrong(f"malformed {line!r}")
            lines.append(line[:-2].decode())
        for line in lines:
            self.check(line, lines[0][:3])
        return lines[-1]

    def check(self, line, code):
        """RFC 2034 section 4: in all but the greeting and the hello."""
        status = re.match(r"([245])\.(\d{1,3})\.(\d{1,3}) ", line[4:])
        hello = re.search(rb"(?i)(helo|ehlo|lhlo)\b", self.last)
        if hello and code == "250":
            return
        bare = code[0] == "3" or code == "220"
        if line[:3] != code:
            raise Wrong(f"two codes in a reply: {line}")
        if bool(status) == bool(bare) or (status and status[1] != code[0]):
            raise Wrong(f"enhanced code: {line}")

    def say(self, lines):
        self.last = b"".join(lines)
        self.socket.sendall(b"".join(lines))

    def hear(self, want):
        got = self.reply()
        if not any(got.startswith(w.strip()) for w in want.split("|")):
            raise Wrong(f"after {self.last[:60]!r}: {got}, not {want}")

    def close(self):
        self.file.close()
        self.socket.close()


def play(port, steps):
    """steps: (what, text) of "say", "hear", "shut", "end" """
    client, unsaid = Client(port), []
    try:
        for what, text in steps:
            if what == "say":
                unsaid.append(octets(text))
                continue
            if unsaid:
                client.say(unsaid)
                unsaid = []
            if what == "hear":
                client.hear(text)
            elif what == "shut":
                client.socket.shutdown(socket.SHUT_WR)
            elif what == "end":
                client.hear("end")
    finally:
        client.close()


def cases(lines):
    greeting = [("hear", "220")]
    given, steps, name = greeting, None, None
    for line in lines:
        line = line.rstrip("\n")
        word = line.partition(" ")[0]
        if not line or line.startswith("#") or word == "serve:":
            continue
        if word == "silent:":
            given = greeting = []
            continue
        if word in (">", "<", "shut", "end") and name:
            steps.append(({">": "say", "<": "hear"}.get(word, word), line[2:]))
            continue
        if name:
            yield name, steps
            name = None
        if word == "anew":
            given = greeting
        elif word == "given:":
            given = given + [("say", line[7:]), ("hear", "2")]
        elif word == "case":
            name, steps = line[5:], list(given)
        else:
            said, _, want = line.rpartition(" => ")
            yield f"{said[:70]} => {want}", given + [
                ("say", said), ("hear", want), ("say", "NOOP"), ("hear", "250")]
    if name:
        yield name, steps


def main():
    port = int(sys.argv[2])
    with open(sys.argv[1], encoding="utf-8") as lines:
        for name, steps in cases(lines):
            try:
                play(port, steps)
                print("ok", name.replace("\\", "/"), flush=True)
            except (Wrong, OSError) as e:
                print(f"not ok {name}: {e}".replace("\\", "/"), flush=True)


main()
