#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""typist.py WORD,... COMMAND... - a terminal for COMMAND, at which one of these is
typed whenever it says something that ends with a colon; the word "interrupt" is
Ctrl-C. Prints all that the terminal showed, and whether it would show what is
typed then. Exits as COMMAND does, 1 if it was killed."""
import fcntl
import os
import select
import subprocess
import sys
import termios

words, command = sys.argv[1].split(","), sys.argv[2:]
ours, its = os.openpty()
child = subprocess.Popen(
    command, stdin=its, stdout=its, stderr=its, start_new_session=True,
    preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
shown, heard = b"", b""
while True:
    over = child.poll() is not None
    if select.select([ours], [], [], 0 if over else 0.1)[0]:
        more = os.read(ours, 4096)
        shown += more
        heard += more
    elif over:
        break
    if words and heard.endswith(b": "):
        word, heard = words.pop(0), b""
        os.write(ours, b"\x03" if word == "interrupt" else word.encode() + b"\n")
print(shown.decode().replace("\r", ""), end="")
print("shows" if termios.tcgetattr(its)[3] & termios.ECHO else "hides")
sys.exit(max(child.returncode, 0) or child.returncode < 0)
