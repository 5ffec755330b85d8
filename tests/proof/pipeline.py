# SPDX-License-Identifier: ISC
# A pipeline that its test can stop, restart and watch at every step; for the
# other tools here. Its directories and run scripts are quickstart's own.
import glob
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import sandbox

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("B", "build"))
sys.path.insert(0, os.path.join(TOP, "tests", "tools"))
from smtp import Client, Refused, stuffed  # noqa: E402,F401

DOMAIN = "example.test"
USER = 4242     # the uid of who gets the mail of system rules
STAGES = ["remote", "local", "send", "queue", "smtpd"]  # last ones call first
PARTS = ["spool/queue/journal", "spool/queue/mess", "spool/queue/damaged",
         "mail", "commands", "home"]        # what they keep
LAY_OUT = """
set -eu
dir=$1 port=$2 relay=$3 root=$4
spool=$dir/spool bind=127.0.0.1 domain=%s routes=$dir/etc/routes
access=$dir/etc/access user=$5
mkdir -p "$dir/bin" "$dir/etc" "$dir/log" "$dir/service"
install tests/proof/keep "$dir/bin"
stages='smtpd queue send local remote' mail=$dir/mail
. service/stages.sh
. service/layout.sh
echo 'relay 127.0.0.1' >"$access"
printf '%%s\t%%s\n' team@$domain "alias a@$domain b@$domain c@$domain" \
    "/^mbox.*@$domain$/" 'mbox ${local}' \
    "/^cmd.*@$domain$/" "command $dir/bin/keep $dir/commands" \
    "/^sys.*@$domain$/" "system $user" \
    @$domain 'maildir ${local}/' ${relay:+'*' "relay $relay"} >"$routes"
lay_out
install -d -m 700 -o mailgrave-command "$dir/commands"
install -d -m 700 -o %d -g %d "$dir/home"
""" % (DOMAIN, USER, USER)


class Stuck(Exception):
    """What had to happen didn't happen in time."""


class Died(Stuck):
    """What mustn't happen, whatever comes after: a daemon ended as none may, a
    client got no answer."""


class Pipeline:
    """Its daemons are started by whoever tests, and end with stop()."""

    def __init__(self, directory, port, relay=""):
        self.dir, self.port = directory, port
        self.mail = os.path.join(directory, "mail")
        user = "user-" + os.path.basename(directory)
        sandbox.add_user(os.path.dirname(directory), user, USER,
                         os.path.join(directory, "home"))
        self.running, self.hurried = {}, 0
        subprocess.run(["sh", "-c", LAY_OUT, "sh", directory, str(port), relay,
                        str(os.getuid() == 0).lower(), user], cwd=TOP,
                       check=True)
        self.owner = {part: os.stat(os.path.join(directory, part))
                      for part in PARTS}
        for stage in STAGES:
            self.wrap(stage, [])

    def lay(self, tree):
        """What is on disk: {path: octets, or None for a directory}."""
        for log in glob.glob(os.path.join(self.dir, "log", "*.txt")):
            os.unlink(log)
        for part in PARTS:
            shutil.rmtree(os.path.join(self.dir, part))
            self.make(part, part, None)
        for path, octets in sorted(tree.items()):
            for part in PARTS:
                if path.startswith(part + "/"):
                    self.make(path, part, octets)

    def make(self, path, part, octets):
        path = os.path.join(self.dir, path)
        if octets is None:
            os.mkdir(path, 0o700)
        else:
            with open(path, "wb") as f:
                f.write(octets.rstrip(b"\0"))
                f.truncate(len(octets))
                if path.endswith(".lock"):
                    os.fchmod(f.fileno(), 0o400)    # as local makes it
        if os.getuid() == 0:
            os.chown(path, self.owner[part].st_uid, self.owner[part].st_gid)

    def wrap(self, stage, around):
        """At its next start, and no other, the daemon runs inside this."""
        name = os.path.join(self.dir, "bin", f"mailgrave-{stage}")
        program = os.path.join(BUILD, f"mailgrave-{stage}")
        with open(name + ".new", "w") as f:
            f.write(f'#!/bin/sh\nrm {name}.once 2>/dev/null &&\n'
                    f'\texec {" ".join(around)} {program} "$@"\n'
                    f'exec {program} "$@"\n')
            os.fchmod(f.fileno(), 0o755)
        os.rename(name + ".new", name)
        with open(name + ".once", "w"):
            pass

    def log(self, stage):
        return os.path.join(self.dir, "log", f"{stage}.txt")

    def said(self, stage, pattern):
        """All that matches in what a stage has logged."""
        try:
            with open(self.log(stage), errors="replace") as f:
                return re.findall(pattern, f.read())
        except FileNotFoundError:
            return []

    def start(self, *stages):
        for stage in stages:
            with open(self.log(stage), "ab") as log:
                self.running[stage] = subprocess.Popen(
                    [os.path.join(self.dir, "service", stage, "run")],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True)

    def mend(self):
        """What a supervisor does: start again what has ended. True if any."""
        ended = [s for s, p in self.running.items() if p.poll() is not None]
        for stage in ended:
            if self.running[stage].returncode < 0:
                raise Died(f"{stage} died of signal "
                           f"{-self.running[stage].returncode}\n{self.tail()}")
            self.kill(self.running[stage])
        self.start(*ended)
        return bool(ended)

    def hurry(self, pause=0):
        """Mail that was deferred is due now; no more often than that."""
        send = self.running["send"]
        if time.monotonic() < self.hurried + pause:
            return
        self.hurried = time.monotonic()
        # not before it waits for signals: it would die of it
        if send.poll() is None and takes_signals(send.pid):
            send.send_signal(signal.SIGALRM)

    def wait(self, what, seconds, done, each=None):
        until = time.monotonic() + seconds
        while not done():
            if time.monotonic() > until:
                raise Stuck(f"{what}: not within {seconds} s\n{self.tail()}")
            if each:
                each()
            time.sleep(0.01)

    def tail(self):
        """The last words of each stage, for people."""
        return "\n".join(f"{stage}: {line}" for stage in STAGES
                         for line in self.said(stage, r"(?m)^.*$")[-6:])

    def stop(self, grace=20):
        """Ends all; raises Stuck when one had to be killed."""
        stuck = []
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        for stage, process in self.running.items():
            try:
                process.wait(grace)
            except subprocess.TimeoutExpired:
                stuck.append(stage)
            self.kill(process)
        self.running = {}
        if stuck:
            raise Stuck(f"TERM doesn't end {' '.join(stuck)}")

    def kill_all(self):
        for process in self.running.values():
            self.kill(process)
        self.running = {}

    @staticmethod
    def kill(process):
        """A daemon and its helpers, whatever is left of them; gone for sure,
        as a helper that has just been forked holds what the daemon holds."""
        for _ in range(500):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return
            process.poll()
            time.sleep(0.01)


def takes_signals(pid):
    """It has blocked those that it reads; all are, while it is forked."""
    with open(f"/proc/{pid}/status") as f:
        blocked = int(re.search(r"(?m)^SigBlk:\s*(\w+)", f.read())[1], 16)
    return blocked >> signal.SIGALRM - 1 & 1 and \
        not blocked >> signal.SIGUSR2 - 1 & 1


def free_port():
    """A port nobody listens on, below those that the kernel hands out."""
    while True:
        port = random.randrange(10000, 30000)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
