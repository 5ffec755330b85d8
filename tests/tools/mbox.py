# SPDX-License-Identifier: ISC
# Reads an mbox as strictly as can be; for the tools of tests.
import re

FROM = re.compile(rb"From (\S+) (?:Sun|Mon|Tue|Wed|Thu|Fri|Sat) "
                  rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
                  rb"[ 1-3]\d \d\d:\d\d:\d\d \d{4}\n")


class Torn(Exception):
    """What is no message lies there, or part of one."""


def messages(path):
    """The messages of the file, each without its From_ line, the quoting of
    such lines and the empty line behind it; none when there is no file."""
    try:
        with open(path, "rb") as f:
            text = f.read()
    except FileNotFoundError:
        return []
    found = []
    for entry in re.split(rb"(?m)^(?=From )", text):
        if not entry and not found:
            continue    # before the first
        line = FROM.match(entry)
        if not line or not entry.endswith(b"\n\n"):
            raise Torn(f"{path}: {entry[:60]!r}...{entry[-30:]!r}")
        found.append(re.sub(rb"(?m)^>(>*From )", rb"\1",
                            entry[line.end():-1]))
    return found
