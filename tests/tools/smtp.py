# SPDX-License-Identifier: ISC
# A client that says what it is told to, octet by octet, and hides nothing; for
# the other tools.
import socket


class Refused(Exception):
    """A reply of another class than the one asked for."""


class Client:
    def __init__(self, port, source="127.0.0.1", timeout=30):
        self.socket = socket.create_connection(
            ("127.0.0.1", port), timeout, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def send(self, octets):
        self.socket.sendall(octets)

    def reply(self, want):
        """One reply, however many lines; want is its first digit."""
        lines = []
        while True:
            line = self.file.readline()
            if not line.endswith(b"\r\n"):
                raise ConnectionError("the connection ended")
            lines.append(line)
            if line[3:4] != b"-":
                break
        if lines[-1][:1] != want.encode():
            raise Refused(lines[-1].decode("latin-1").strip())
        return b"".join(lines)

    def say(self, line, want="2"):
        self.send(line.encode() + b"\r\n")
        return self.reply(want)

    def hello(self):
        self.reply("2")
        return self.say("EHLO client.test")

    def begin(self, sender, recipient):
        """Up to where the message itself may come."""
        self.say(f"MAIL FROM:<{sender}> BODY=8BITMIME")
        self.say(f"RCPT TO:<{recipient}>")
        self.say("DATA", "3")

    def close(self):
        self.file.close()
        self.socket.close()


def stuffed(message):
    """What goes over the wire for a message with CRLF line ends."""
    if message.startswith(b"."):
        message = b"." + message
    return message.replace(b"\r\n.", b"\r\n..") + b".\r\n"
