# SPDX-License-Identifier: ISC
# What lies in mailboxes of each kind; a box tells its kind by its name.
import contextlib
import glob
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../tools"))
import mbox  # noqa: E402
from mbox import Torn  # noqa: E402


def files(*places):
    """The octets of all files in these directories; one may be taken back
    meanwhile."""
    found = []
    for name in sorted(n for place in places for n in glob.glob(place)):
        with contextlib.suppress(FileNotFoundError), open(name, "rb") as f:
            found.append(f.read())
    return found


def maildir(path):
    at = glob.escape(path)
    return files(f"{at}/new/*", f"{at}/cur/*")


def shared(found, mark):
    """Those with the mark, where all sorts of messages are together."""
    for octets in found:
        if b"\nSubject: " not in octets:
            raise Torn(f"{octets[:60]!r}")
    return [octets for octets in found if b"\n" + mark + b"\n" in octets]


def in_mbox(pipeline, box, mark):
    """All of it must be whole, whatever is looked for."""
    return shared(mbox.messages(os.path.join(pipeline.mail, box)), mark)


def command(pipeline, _, mark):
    at = glob.escape(os.path.join(pipeline.dir, "commands"))
    return shared(files(f"{at}/*[0-9]"), mark)


def system(pipeline, _, mark):
    return shared(maildir(os.path.join(pipeline.dir, "home/Maildir")), mark)


KINDS = {"mbox": in_mbox, "cmd": command, "sys": system}


def copies(pipeline, box, mark):
    """Of the message that has this line, what its mailbox holds."""
    for name, look in KINDS.items():
        if box.startswith(name):
            return look(pipeline, box, mark)
    return maildir(os.path.join(pipeline.mail, box))


def may_repeat(box):
    """One more after a crash is no broken promise."""
    return box.startswith("mbox")


def is_copy(got, octets):
    """A whole copy of the message, behind what our programs put on top."""
    want = octets.replace(b"\r\n", b"\n")
    added = got[:len(got) - len(want)]
    return got.endswith(want) and b"\n\n" not in added and \
        added.startswith((b"Return-Path: ", b"Received: "))
