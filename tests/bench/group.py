# SPDX-License-Identifier: ISC
"""A control group: what a server and all its processes take, dead ones too."""
import os
import signal
import time

CPUACCT = "/sys/fs/cgroup/cpuacct"
UNIFIED = "/sys/fs/cgroup"


class Group:
    """Of the first hierarchy that counts processor time, if we may."""

    def __init__(self, name):
        self.v1 = os.path.isdir(CPUACCT)
        self.path = os.path.join(CPUACCT if self.v1 else UNIFIED,
                                 f"mailgrave-bench-{os.getpid()}-{name}")
        try:
            os.mkdir(self.path)
        except OSError:
            self.path = None

    def join(self):
        """For the child between fork and exec."""
        if self.path:
            with open(os.path.join(self.path, "cgroup.procs"), "w") as procs:
                procs.write("0")

    def read(self, name):
        with open(os.path.join(self.path, name)) as file:
            return file.read()

    def cpu_s(self):
        """Seconds until now; None where nobody counts."""
        if not self.path:
            return None
        if self.v1:
            return int(self.read("cpuacct.usage")) / 1e9
        stat = dict(line.split() for line in
                    self.read("cpu.stat").splitlines())
        return int(stat["usage_usec"]) / 1e6

    def pids(self):
        return [int(pid) for pid in self.read("cgroup.procs").split()] \
            if self.path else []

    def pss(self):
        """Octets of memory, what is shared divided among those who share."""
        total = 0
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/smaps_rollup") as rollup:
                    total += sum(int(line.split()[1]) * 1024
                                 for line in rollup
                                 if line.startswith("Pss:"))
            except OSError:
                pass        # it has ended
        return total

    def end(self, patience_s=10):
        """Stop what is left, by its pid, and go."""
        if not self.path:
            return
        until = time.monotonic() + patience_s
        for how in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.pids():
                try:
                    os.kill(pid, how)
                except OSError:
                    pass
            while self.pids() and time.monotonic() < until:
                time.sleep(0.05)
            until = time.monotonic() + patience_s
        os.rmdir(self.path)
