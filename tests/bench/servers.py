# SPDX-License-Identifier: ISC
"""The mail servers that are measured, each with Maildirs for u1 .. u100 of
example.test, a relay to the sink for everybody else, and up to 2,000 sessions.
But for these and the places of their files they are as they come.

Peers run from Debian's packages, unpacked beside the system (tests/tools/unpack)
and laid over it for themselves alone (tests/tools/with). Their spools and
mailboxes lie on the file system that is measured."""
import os
import subprocess
import time

from group import Group
from pipeline import Pipeline, free_port, takes_mail

USERS, SESSIONS = 100, 2000
READY_S = 30
QUIET_S = 5     # send has been told of all
IDS = {"postfix": 64001, "opensmtpd": 64003, "opensmtpq": 64004,
       "Debian-exim": 64005}
POSTDROP = 64002
FIRST_UID = 5000
SENDER, FIRST_USER = "sender@bench.test", "u1@example.test"


class Server:
    """Runs until the end of a "with"."""
    name = None

    def __init__(self, top, directory, sink_port):
        self.top = top
        self.directory = os.path.join(directory, self.name)
        self.sink_port = sink_port
        self.group = Group(self.name)
        os.makedirs(self.directory)

    def __exit__(self, *_):
        self.group.end()

    def box(self, user):
        return self.new.replace("%", str(user))

    def empty(self):
        """The mailboxes, once the message that was tried first is there."""
        until = time.monotonic() + READY_S
        while not os.listdir(self.box(1)) and time.monotonic() < until:
            time.sleep(0.05)
        for i in range(1, USERS + 1):
            for name in os.listdir(self.box(i)):
                os.unlink(os.path.join(self.box(i), name))

    def stages(self):
        """Processor seconds by stage, where a server has such."""
        return {}

    def inside(self):
        """In front of a command: within the server's view of the system."""
        return []

    def submitting(self):
        """What puts its standard input into the first user's mailbox."""
        return ["/usr/sbin/sendmail", "-f", SENDER, FIRST_USER]

    def started(self, command, **more):
        return subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                preexec_fn=self.group.join, **more)


class Mailgrave(Server):
    name = "mailgrave"

    def __init__(self, top, directory, sink_port):
        super().__init__(top, directory, sink_port)
        for name, text in (
                ("routes", "@example.test maildir ${local}/\n"
                           f"relay.test relay 127.0.0.1:{sink_port}\n"),
                ("access", "relay 127.0.0.1\n"
                           f"limit * connections {SESSIONS}\n")):
            with open(self.path(name), "w") as file:
                file.write(text)
        self.pipeline = Pipeline(
            top, self.path("all"), ["--routes", self.path("routes"),
                                    "--access", self.path("access")],
            self.group.join)
        self.port = self.pipeline.port

    def path(self, name):
        return os.path.join(self.directory, name)

    def __enter__(self):
        self.pipeline.__enter__()
        for i in range(1, USERS + 1):
            self.pipeline.mailbox(f"u{i}")
        self.new = self.path("all/mail/u%/new")
        self.empty()
        return self

    def __exit__(self, *_):
        self.pipeline.__exit__()
        super().__exit__()

    def stages(self):
        return {stage: ns / 1e9 for stage, ns in self.pipeline.cpu().items()}

    def submitting(self):
        return [self.path("all/bin/mailgrave-inject"), "--out",
                self.path("all/spool/submit.ctrl"), "--from", SENDER,
                FIRST_USER]


class Laden(Mailgrave):
    """With a queue of many messages that wait for tomorrow."""
    name, deferred = "laden", 100000

    def __enter__(self):
        super().__enter__()
        self.pipeline.__exit__()
        spool = self.path("all/spool/queue")
        owner = os.stat(os.path.join(spool, "journal"))
        build = os.path.join(self.top, os.environ.get("B", "build"))
        subprocess.run(
            [os.path.join(build, "tests/bench/spool"), "--spool", spool,
             "--messages", str(self.deferred), "--wait", "86400"],
            check=True, user=owner.st_uid, group=owner.st_gid,
            extra_groups=[])
        self.pipeline.__enter__()
        # commands are answered when all has been read
        subprocess.run(
            [self.path("all/bin/mailgrave-queue"), "--status", "--submit",
             self.path("all/spool/submit.ctrl")],
            check=True, stdout=subprocess.DEVNULL)
        time.sleep(QUIET_S)
        self.empty()
        return self


class Peer(Server):
    """One that is unpacked: packages, configure() and command() are its own."""
    packages = ()

    def __init__(self, top, directory, sink_port):
        super().__init__(top, directory, sink_port)
        self.port = free_port()
        self.tools = os.path.join(top, "tests/tools")
        self.prefix = subprocess.run(
            [os.path.join(self.tools, "unpack"), *self.packages], check=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True).stdout.strip()
        self.process = None

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as file:
            file.write(text)

    def own(self, name, user, group=0):
        os.makedirs(self.path(name), exist_ok=True)
        os.chown(self.path(name), IDS[user], group)

    def add_users(self):
        for name, row in (
                ("passwd", "{0}:x:{1}:{1}::{2}:/usr/sbin/nologin\n"),
                ("group", "{0}:x:{1}:\n")):
            with open(f"/etc/{name}") as file:
                text = file.read()
            for user, uid in {**IDS, "postdrop": POSTDROP}.items():
                text += row.format(user, uid, "/nonexistent")
            for i in range(1, USERS + 1):
                text += row.format(f"u{i}", FIRST_UID + i,
                                   self.path("mail", f"u{i}"))
            self.write(f"etc/{name}", text)
        for i in range(1, USERS + 1):
            box = self.path("mail", f"u{i}", "Maildir")
            for path in (os.path.dirname(box), box,
                         *(f"{box}/{part}" for part in ("tmp", "new", "cur"))):
                os.makedirs(path, 0o700)
                os.chown(path, FIRST_UID + i, FIRST_UID + i)
        self.new = self.path("mail/u%/Maildir/new")

    def inside(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            return ["nsenter", "-t", children.read().split()[0], "-m"]

    def __enter__(self):
        os.chmod(self.directory, 0o755)
        self.add_users()
        # no name is asked of the network
        self.write("etc/resolv.conf", "")
        self.write("etc/hosts", "127.0.0.1 bench.test localhost\n")
        self.write("etc/nsswitch.conf", "hosts: files\n")
        self.configure()
        with open(self.path("log"), "a") as log:
            self.process = self.started(
                [os.path.join(self.tools, "with"), self.prefix,
                 self.directory, *self.command()],
                stdout=log, stderr=subprocess.STDOUT)
        until = time.monotonic() + READY_S
        while not takes_mail(self.port):
            if self.process.poll() is not None or time.monotonic() > until:
                self.__exit__()
                with open(self.path("log")) as log:
                    raise SystemExit(f"run: {self.name} does not start:\n"
                                     + log.read())
            time.sleep(0.1)
        self.empty()
        return self

    def __exit__(self, *_):
        self.process.kill()         # and with it all of its namespace
        self.process.wait()
        super().__exit__()


class Postfix(Peer):
    name, packages = "postfix", ("postfix", "postfix")

    def configure(self):
        for name, user in (("queue", "postfix"), ("data", "postfix")):
            self.own(name, user)
        os.chown(self.path("queue"), 0, 0)
        self.write("conf/main.cf", "\n".join((
            "compatibility_level = 3.6",
            f"queue_directory = {self.path('queue')}",
            f"data_directory = {self.path('data')}",
            f"maillog_file = {self.path('maillog')}",
            "maillog_file_prefixes = /",
            "myhostname = bench.test", "mydestination = example.test",
            "mynetworks = 127.0.0.0/8", "inet_interfaces = 127.0.0.1",
            "inet_protocols = ipv4", "home_mailbox = Maildir/",
            "alias_maps =", "alias_database =",
            "smtpd_client_connection_count_limit = 0",
            f"relayhost = [127.0.0.1]:{self.sink_port}", "")))
        rows = []
        with open(os.path.join(self.prefix,
                               "usr/share/postfix/master.cf.dist")) as dist:
            for line in dist:
                words = line.split()
                if line[0] not in "# \t\n" and len(words) > 7:
                    words[4] = "n"      # its chroot would have to be filled
                    if words[:2] == ["smtp", "inet"]:
                        words[0], words[6] = str(self.port), str(SESSIONS)
                    line = " ".join(words) + "\n"
                rows.append(line)
        self.write("conf/master.cf", "".join(rows))

    def command(self):
        return ["postfix", "-c", self.path("conf"), "start-fg"]

    def submitting(self):
        return ["/usr/sbin/sendmail", "-C", self.path("conf"), "-f", SENDER,
                FIRST_USER]


class Exim(Peer):
    name, packages = "exim", ("exim", "exim4-daemon-light")

    def configure(self):
        self.own("spool", "Debian-exim")
        self.write("etc/exim4/exim4.conf", f"""\
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = {self.path('spool')}
log_file_path = {self.path('spool')}/%slog
pid_file_path = {self.path('run')}/exim.pid
primary_hostname = bench.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = {self.port}
smtp_accept_max = {SESSIONS}
# the default leaves the rest of a session's messages to the next queue run
smtp_accept_queue_per_connection = 0
smtp_accept_max_per_connection = 0
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
acl_smtp_rcpt = accept
acl_smtp_data = accept
begin acl
begin routers
out:
  driver = manualroute
  domains = ! example.test
  transport = smtp
  route_list = * 127.0.0.1
  self = send
  no_more
users:
  driver = accept
  check_local_user
  transport = box
begin transports
smtp:
  driver = smtp
  port = {self.sink_port}
  allow_localhost
box:
  driver = appendfile
  directory = $home/Maildir
  maildir_format
begin retry
* * F,2h,1m
""")

    def command(self):
        return ["exim4", "-bdf", "-q1m"]

    def submitting(self):
        return ["/usr/sbin/exim4", "-f", SENDER, FIRST_USER]


class OpenSMTPD(Peer):
    name, packages = "opensmtpd", ("opensmtpd", "opensmtpd")

    def configure(self):
        self.write("etc/smtpd.conf", f"""\
listen on 127.0.0.1 port {self.port} hostname bench.test
action "box" maildir
action "out" relay host smtp://127.0.0.1:{self.sink_port}
match for domain "example.test" action "box"
match from any for any action "out"
""")
        os.makedirs(self.path("spool"), exist_ok=True)
        os.chmod(self.path("spool"), 0o711)

    def submitting(self):
        # installed, it would be set-group-id
        return ["setpriv", "--egid", str(IDS["opensmtpq"]), "--keep-groups",
                *super().submitting()]

    def command(self):
        # /var is an overlay: its spool would pay for that
        return ["sh", "-c", "mkdir -p /var/spool/smtpd && mount --bind "
                f"{self.path('spool')} /var/spool/smtpd && exec smtpd -F"]


PEERS = {server.name: server for server in (Postfix, Exim, OpenSMTPD)}
