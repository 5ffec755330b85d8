# SPDX-License-Identifier: ISC
"""A listener, and the calls it takes: a proper dialogue, as much as is wanted
of one."""
import socket
import threading

OK, LATER, NEVER = "delivered", "deferred", "failed"
SECRET = b"hunter2-is-secret"
TOO_LONG = 120		# for a test on the busiest machine
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


def with_offers(*offers):
    lines = [b"mx.test"] + [o.encode() for o in offers]
    text = b"".join(b"250" + (b" " if n == len(lines) - 1 else b"-") + line +
                    b"\r\n" for n, line in enumerate(lines))
    return dict(GOOD, ehlo=text)
