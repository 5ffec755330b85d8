#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""swap.py DIR TARGET NAME... - in that directory, exchange each name for a
symbolic link to the target and back, again and again; a name that isn't there
comes as such a link and goes. The link, or what it stands in for when this is
killed, is aside.PID. Says "ready" first, and doesn't end by itself."""
import ctypes
import os
import sys

HERE, EXCHANGE = -100, 2
exchange = ctypes.CDLL(None, use_errno=True).renameat2


def swap(name, aside):
    """Twice: as before in the end."""
    for _ in range(2):
        if exchange(HERE, name, HERE, aside, EXCHANGE):
            return False
    return True


def main():
    directory, target, *names = [os.fsencode(word) for word in sys.argv[1:]]
    os.chdir(directory)
    aside = b"aside.%d" % os.getpid()
    os.symlink(target, aside)
    print("ready", flush=True)
    while True:
        for name in names:
            if swap(name, aside):
                continue
            try:
                os.symlink(target, name)
                os.unlink(name)
            except OSError:
                pass    # it has come, or is gone, meanwhile


main()
