# SPDX-License-Identifier: ISC
# Another host, for faults.py: takes everything, keeps the octets.
import socketserver
import threading


class Taker(socketserver.StreamRequestHandler):
    replies = {b"DATA": b"354", b"QUIT": b"221"}

    def lines(self):
        """Up to the dot; None when the connection breaks off."""
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                return lines
            lines.append(line)
        return None

    def handle(self):
        self.wfile.write(b"220 host.test ESMTP\r\n")
        for line in self.rfile:
            verb = line[:4].upper().rstrip()
            self.wfile.write(self.replies.get(verb, b"250") + b" ok\r\n")
            if verb == b"QUIT":
                break
            if verb == b"DATA":
                lines = self.lines()
                if lines is None:
                    break
                self.server.kept.append(b"".join(lines))
                self.wfile.write(b"250 kept\r\n")


class Host(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taker)
        self.kept = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def name(self):
        return "127.0.0.1:%d" % self.server_address[1]

    def forget(self):
        self.kept = []

    def handle_error(self, request, client_address):
        pass    # a client may go away at any time
