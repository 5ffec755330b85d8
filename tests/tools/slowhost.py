#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""slowhost.py PORT DIR - a host that takes each message, after as many seconds
as its X-Seconds has. Makes DIR/begun when it has read one, and writes a line to
DIR/taken when it takes it: its X-Number."""
import os
import re
import socketserver
import sys
import time


def field(text, name):
    return re.search(rb"(?im)^X-%s: *(\S+)" % name, text)[1].decode()


class Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line + b"\r\n")

    def text(self):
        lines = []
        while True:
            line = self.rfile.readline()
            if not line or line == b".\r\n":
                return line and b"".join(lines)
            lines.append(line)

    def handle(self):
        self.say(b"220 slow.test")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self.say(b"354 go on")
                text = self.text()
                if not text:
                    return
                open(os.path.join(where, "begun"), "w").close()
                time.sleep(float(field(text, b"Seconds")))
                with open(os.path.join(where, "taken"), "a") as taken:
                    print(field(text, b"Number"), file=taken)
            elif verb == b"QUIT":
                self.say(b"221 goodbye")
                return
            self.say(b"250 ok")


class Host(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


where = sys.argv[2]
Host(("127.0.0.1", int(sys.argv[1])), Session).serve_forever()
