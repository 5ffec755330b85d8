#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""badhost.py PROGRAM SCRATCH [OPTION...] - hosts of every bad kind, and
mailgrave-remote in front of each. What counts: the outcome, that there is one
in time, memory, and the octets that it sent. TAP on standard output; OPTIONs
are for the program (--user, --chroot)."""
import base64
import concurrent.futures
import contextlib
import os
import re
import subprocess
import sys
import threading

import badgroups
import badreplies
import badtls
import certs
from badcall import LATER, NEVER, OK, SECRET, TOO_LONG, Host

PROGRAM, SCRATCH, *OPTIONS = sys.argv[1:]
HURRY = "10"		# 5 minutes become 30 seconds
LIMIT = 600		# seconds of a delivery: 60
MEMORY = 24 << 20	# octets of its own
MESSAGE = (b"Subject: hostile\r\n\r\n.a dot\r\n..\r\n.\r\n" +
           b"x" * 990 + b"\r\nend\r\n")
PORT = threading.Lock()	# cases of a fixed port, one at a time


# What was sent

def forbidden(octets):
    """what no client may say"""
    # a handshake is not text
    octets = octets.split(b"STARTTLS\r\n")[0]
    if octets.startswith(b"\x16\x03"):
        return None
    if b"\0" in octets:
        return "a NUL"
    if re.search(rb"\r(?!\n)|(?<!\r)\n", octets.rstrip(b"\r")):
        return "a bare CR or LF"
    if any(len(line) > 998 for line in octets.split(b"\r\n")):
        return "a line that is too long"
    at = octets.find(b"DATA\r\n")
    if at >= 0:
        for line in octets[at:].split(b"\r\n"):
            if line.startswith(b".") and line != b"." and line[:2] != b"..":
                return "a dot alone before text"
    return None


def whole(octets):
    stuffed = MESSAGE.replace(b"\r\n.", b"\r\n..")
    return (b"DATA\r\n" + stuffed + b".\r\n" in octets or
            b"BDAT %d LAST\r\n" % len(MESSAGE) + MESSAGE in octets)


def run(case):
    with PORT if "port" in case else contextlib.nullcontext():
        return judge(case, Host(case["behave"], case.get("port", 0)))


def judge(case, host):
    message = case.get("message", MESSAGE)
    if "size" in case:
        message = message + (b"z" * 62 + b"\r\n") * (case["size"] // 64)
    rcpts = case.get("rcpts", ["b@y.test"])
    command = ["prlimit", f"--data={MEMORY}", PROGRAM, *OPTIONS,
               "--from", "a@x.test",
               *(word for rcpt in rcpts for word in ("--rcpt", rcpt)),
               "--lmtp" if case.get("lmtp") else "--relay",
               f"{case.get('host', '127.0.0.1')}:{host.port}",
               "--hostname", "me.test", "--hurry", HURRY, "--time-limit",
               str(LIMIT), "--verbose", "--resolver", "127.0.0.1:9",
               *case.get("options", [])]
    if "ca" in case:
        command += ["--tls-ca", case["ca"]]
    child = subprocess.Popen(command, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env={"SMTP_AUTH_PASSWORD": SECRET.decode()})
    faults = []
    try:
        out, err = child.communicate(message, timeout=TOO_LONG)
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
        faults.append("it took too long")
    host.close()
    said = b"\n".join(bytes(call) for call in host.calls)
    got = {line.split(b": ")[0].decode(): line.split(b" ")[1].decode()
           for line in out.splitlines() if line.count(b" ")}
    outcomes = [got.get(rcpt, "none") for rcpt in rcpts]
    wanted = case["outcome"]
    if isinstance(wanted, str):
        wanted = [wanted] * len(rcpts)
    if outcomes != wanted:
        faults.append(f"{outcomes}, not {wanted}")
    if out.count(b"\n") != len(rcpts):
        faults.append("not one result for each")
    if b"(4.3.0) by" in out and b"451 4.3.0" not in out:
        faults.append("a shortage: of memory?")
    if child.returncode != (100 if NEVER in wanted else
                            111 if LATER in wanted else 0):
        faults.append(f"exit {child.returncode}")
    for call in host.secure + ([] if host.secure else host.calls):
        fault = forbidden(bytes(call))
        if fault:
            faults.append(fault)
    if OK in wanted and not {"message", "size"} & case.keys() and not any(
            whole(bytes(call)) for call in host.calls + host.secure):
        faults.append("the host hasn't the message")
    if case.get("seen", b"") not in err:
        faults.append("they were not heard")
    if case.get("clear") is False and (b"MAIL FROM" in said or
                                       b"Subject" in said):
        faults.append("it spoke in the clear")
    if case.get("text") is False and b"Subject" in said:
        faults.append("they never asked for the text")
    if len(host.calls) > 2:
        faults.append(f"{len(host.calls)} calls")
    for text in (out, err):
        if any(word in text for word in (
                SECRET, base64.b64encode(SECRET),
                base64.b64encode(b"\0joe\0" + SECRET))):
            faults.append("the secret is shown")
        if re.search(rb"[^\n -~]", text):
            faults.append("octets that are not printable")
    return case["name"], faults, out, err


def main():
    pki = certs.Pki(SCRATCH)
    todo = [*badreplies.cases(), *badgroups.cases(), *badtls.cases(pki)]
    failed = 0
    print(f"1..{len(todo)}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        for n, (name, faults, out, err) in enumerate(pool.map(run, todo), 1):
            print(f"{'not ok' if faults else 'ok'} {n} - {name}", flush=True)
            if not faults:
                continue
            failed += 1
            for line in (faults + out.decode().splitlines() +
                         err.decode(errors="replace").splitlines()[-12:]):
                print(f"# {line[:300]}")
    sys.stdout.flush()
    os._exit(failed > 0)	# whatever threads still wait for


main()
