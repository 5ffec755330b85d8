#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""slowhost.py PORT SECONDS DIR - a host that thinks for so long before it takes
a message. Makes DIR/begun at the end of the first one, and writes a line to
DIR/taken for each that it has taken: its X-Number."""
import os
import re
import socketserver
import sys
import time


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
                time.sleep(seconds)
                number = re.search(rb"(?im)^X-Number: *(\S+)", text)
                with open(os.path.join(where, "taken"), "a") as taken:
                    print(number[1].decode(), file=taken)
            elif verb == b"QUIT":
                self.say(b"221 goodbye")
                return
            self.say(b"250 ok")


class Host(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


port, seconds, where = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
Host(("127.0.0.1", port), Session).serve_forever()
