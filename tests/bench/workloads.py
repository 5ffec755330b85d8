# SPDX-License-Identifier: ISC
"""What is done to a server, and what is measured of it. Each workload is a
function of a server and a bench (run's) that returns a dictionary of figures."""
import json
import os
import resource
import shutil
import socket
import subprocess
import time

SETTLE_S = 0.4      # the last outcomes are written down within 0.1 s
SIZE = 4096
PATIENCE_S = 100    # some peers lose themselves


def spent(before, after, messages):
    return {key: (after[key] - before[key]) / messages for key in after}


def machine_s():
    """Seconds all processors have worked, for whomever."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, irq, softirq = map(
            int, stat.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def measured(bench, server, messages, work):
    """What work() returns, and what it cost for each message."""
    disk, machine = bench.disk.counters(), machine_s()
    cpu, stages = server.group.cpu_s(), server.stages()
    result = work()
    time.sleep(SETTLE_S)
    stages_after, cpu_after = server.stages(), server.group.cpu_s()
    result["machine_cpu"] = (machine_s() - machine) * 1000 / messages
    result.update(spent(disk, bench.disk.counters(), messages))
    result["cpu_by_stage"] = spent(stages, stages_after, messages / 1000)
    if cpu is not None:
        result["cpu"] = (cpu_after - cpu) * 1000 / messages
    elif stages:
        result["cpu"] = sum(result["cpu_by_stage"].values())
    return result


def sent(*options, messages=None, size=SIZE, to_sink=False):
    """A workload of load's."""
    def workload(bench, server):
        n = bench.messages(messages)
        where = (["--to", "u1@relay.test", "--counter", bench.count]
                 if to_sink else ["--new", server.new, "--remove"])

        def work():
            done = subprocess.run(
                [bench.load, "--server", f"127.0.0.1:{server.port}",
                 "--messages", str(n), "--size", str(size), "--seconds",
                 str(PATIENCE_S), *where, *options],
                stdout=subprocess.PIPE, text=True)
            if done.returncode > 1:
                raise SystemExit("run: load has failed")
            return {**json.loads(done.stdout), "whole": not done.returncode}
        result = measured(bench, server, n, work)
        result["octets_per_s"] = result["accepted_per_s"] * size
        return result
    return workload


def idle(bench, server):
    """Sessions that have said EHLO and wait."""
    sessions = []
    before = server.group.pss()
    try:
        for _ in range(bench.idle):
            s = socket.create_connection(("127.0.0.1", server.port))
            sessions.append(s)
            replies = s.makefile("rb")
            replies.readline()
            s.sendall(b"EHLO idle.bench.test\r\n")
            while replies.readline()[3:4] == b"-":
                pass
        time.sleep(SETTLE_S)
        return {"octets_per_session":
                (server.group.pss() - before) / len(sessions), "whole": True}
    finally:
        for s in sessions:
            s.close()


def bare(bench, options):
    """The file operations alone."""
    n = bench.messages(300 if "--lone" in options else None)
    directory = os.path.join(bench.directory, "bare")
    os.mkdir(directory)
    command = [bench.bare, "--dir", directory, "--messages", str(n),
               "--size", str(SIZE), *options]
    try:
        subprocess.run([*command, "--prepare"], check=True)
        disk, machine = bench.disk.counters(), machine_s()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = json.loads(subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        result["machine_cpu"] = (machine_s() - machine) * 1000 / n
        result.update(spent(disk, bench.disk.counters(), n))
        result["cpu"] = (after.ru_utime - before.ru_utime + after.ru_stime -
                         before.ru_stime) * 1000 / n
        return result
    finally:
        shutil.rmtree(directory)


LOOP = 'n=$1 text=$2; shift 2; while [ $n -gt 0 ]; do "$@" <"$text" || ' \
       'exit; n=$((n - 1)); done'


def injected(bench, server):
    """One process of the server's a message, one after the other."""
    n = bench.messages(1000)
    text = os.path.join(server.directory, "text")
    with open(text, "w") as file:
        file.write("Date: Sat, 1 Jan 2000 00:00:00 +0000\n"
                   "From: sender@bench.test\nTo: u1@example.test\n"
                   "Message-ID: <benchmark@bench.test>\nSubject: inject\n\n")
        file.write(("x" * 77 + "\n") * (SIZE // 78))

    def work():
        begun = time.monotonic()
        done = subprocess.run(
            [*server.inside(), "sh", "-c", LOOP, "sh", str(n), text,
             *server.submitting()], preexec_fn=server.group.join)
        took = time.monotonic() - begun
        until = time.monotonic() + 60
        while len(os.listdir(server.box(1))) < n and \
                time.monotonic() < until:
            time.sleep(0.05)
        whole = done.returncode == 0 and len(os.listdir(server.box(1))) == n
        server.empty()
        return {"accepted_per_s": n / took, "whole": whole}
    return measured(bench, server, n, work)


# name: text, what is done, whether it is done to the bare operations with
# these options
WORKLOADS = {
    "w1": ("20 sessions, one message each",
           sent("--sessions", "20"), ["--clients", "20"]),
    "w1k": ("20 sessions, 100 messages each",
            sent("--sessions", "20", "--per-session", "100"),
            ["--clients", "20"]),
    "w2": ("relayed to a sink, 20 sessions, one message each",
           sent("--sessions", "20", to_sink=True), None),
    "w3": ("5 MiB a message, 10 sessions",
           sent("--sessions", "10", messages=60, size=5 << 20), None),
    "w4": ("1,000 idle sessions", idle, None),
    "w5": ("one process a message, one after the other", injected, None),
    "w6": ("100 recipients a message, 20 sessions",
           sent("--sessions", "20", "--recipients", "100", "--users", "100",
                messages=100), None),
    "w7": ("one client, the next message when the last is in new/",
           sent("--sessions", "1", "--per-session", "100", "--lone",
                messages=300), ["--lone"]),
    "w7idle": ("the same, 20 ms later",
               sent("--sessions", "1", "--per-session", "100", "--lone",
                    "--pause", "20", messages=300),
               ["--lone", "--pause", "20"]),
    "w8": ("w1k with 100,000 deferred messages in the queue",
           sent("--sessions", "20", "--per-session", "100"), None),
}
