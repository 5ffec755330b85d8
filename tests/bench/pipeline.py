# SPDX-License-Identifier: ISC
"""A whole Mailgrave, started by service/quickstart, and the processor time its
stages take."""
import os
import smtplib
import socket
import subprocess
import time

READY_S = 10
STAGES = ("smtpd", "queue", "send", "local", "remote")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ran_ns(pid):
    """All threads of a process."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as stat:
            total += int(stat.read().split()[0])
    return total


def takes_mail(port, to="u1@example.test"):
    """A whole message: a server may greet before it can keep one."""
    try:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("sender@bench.test", [to],
                            "Subject: first\r\n\r\n")
        return True
    except (OSError, smtplib.SMTPException):
        return False


class Pipeline:
    """Runs until the end of a "with"."""

    def __init__(self, top, directory, options=(), before=None):
        """before() is called in the child between fork and exec."""
        self.top, self.directory = top, directory
        self.options, self.before = options, before
        self.port = free_port()
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            [os.path.join(self.top, "service/quickstart"), "--no-install",
             "--dir", self.directory, "--port", str(self.port),
             *self.options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            preexec_fn=self.before)
        said = []
        for line in self.process.stdout:
            said.append(line)
            if line.startswith("Ctrl-C"):
                self.wait_for_queue()
                return self
        self.process.wait()
        raise SystemExit("run: quickstart failed:\n" + "".join(said))

    def wait_for_queue(self):
        until = time.monotonic() + READY_S
        # a mailbox of its own: nobody counts this one
        while not takes_mail(self.port, "first@example.test"):
            if time.monotonic() > until:
                self.__exit__()
                raise SystemExit("run: the pipeline takes no mail")
            time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def mailbox(self, user):
        """Make its directories, so that they can be watched."""
        mail = os.path.join(self.directory, "mail")
        owner = os.stat(mail)
        box = os.path.join(mail, user)
        for part in ("", "tmp", "new", "cur"):
            path = os.path.join(box, part)
            os.makedirs(path, 0o700, exist_ok=True)
            os.chown(path, owner.st_uid, owner.st_gid)
        return os.path.join(box, "new")

    def pid(self, service):
        with open(os.path.join(self.directory, "service", service,
                               "supervise/pid")) as pid:
            return int(pid.read())

    def processes(self, service):
        """The daemon and its helpers."""
        pid = self.pid(service)
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            return [pid, *map(int, children.read().split())]

    def cpu(self):
        """Nanoseconds by stage: daemon and helpers; its logger apart."""
        spent = {"log": 0}
        for stage in STAGES:
            spent[stage] = sum(map(ran_ns, self.processes(stage)))
            spent["log"] += ran_ns(self.pid(stage + "/log"))
        return spent
