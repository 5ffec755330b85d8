# SPDX-License-Identifier: ISC
# What a program did to the files below some directories, by strace's word; for
# crash.py. Never guesses: a call that it doesn't know, or a disk that its story
# doesn't explain, is an error.
import itertools
import os

import strace
from disk import DIRECTORY, FILE, Node, Op, Tree


def read(path, parts):
    """{path: octets or None} of these parts of a real directory"""
    found = {}
    for part_of in parts:
        for directory, _, names in os.walk(os.path.join(path, part_of)):
            found[os.fsencode(os.path.relpath(directory, path))] = None
            for name in names:
                whole = os.path.join(directory, name)
                with open(whole, "rb") as f:
                    found[os.fsencode(os.path.relpath(whole, path))] = f.read()
    return found


class Trace:
    """The story of one recording.
    top       a directory, parts of it are looked at
    before    their contents; their own names last
    says      a pattern: whatever is written elsewhere and matches is kept,
              with its time
    in_order  the rules of ext4
    ignored   syncs that do nothing, by name"""

    def __init__(self, log, top, parts, before, says, in_order, ignored):
        self.parts = [os.path.join(os.fsencode(os.path.realpath(top)),
                                   os.fsencode(p), b"") for p in parts]
        self.start = len(self.parts[0]) - len(os.fsencode(parts[0])) - 1
        self.says, self.in_order = says, in_order
        self.top = Node(DIRECTORY)
        self.tree = Tree()
        self.load(before)
        self.base = self.tree.copy()
        self.ops, self.said, self.synced = [], [], set()
        self.cwd, self.root = {}, {}
        for call in strace.calls(log, ignored):
            self.take(call)

    def load(self, before):
        nodes = {b"": self.top}

        def above(path):
            directory, name = os.path.split(path)
            if directory not in nodes:
                enter(directory, DIRECTORY)
            return nodes[directory], name

        def enter(path, kind):
            nodes[path] = Node(kind)
            self.tree.enter(*above(path), nodes[path])
            return nodes[path]

        for path, octets in sorted(before.items()):
            node = enter(path, DIRECTORY if octets is None else FILE)
            if octets is not None:
                self.tree.write(node, 0, 0, octets)

    # one call

    def take(self, call):
        if call.arguments.startswith(b"AT_FDCWD<"):
            self.cwd[call.process] = call.place()
        if call.name in strace.WRITES:
            self.take_write(call)
        elif call.name in strace.LENGTHS:
            self.take_length(call)
        elif call.name in strace.MOVES:
            self.take_move(call)
        elif call.name in strace.SYNCS:
            self.take_sync(call)
        elif call.name in strace.PLACES:
            self.take_place(call)
        elif call.name in strace.NAMES:
            self.take_name(call)
        elif any(self.find(self.path(call, p)) for p in call.texts()) or \
                any(self.find(p) for p in call.places()) or \
                "sync" in call.name or "uring" in call.name:
            self.unknown(call)

    def unknown(self, call):
        raise SystemExit(f"not known: {call.name}({call.arguments[:400]!r})")

    def take_place(self, call):
        path = call.place() or self.path(call, call.texts()[0])
        if call.name == "chroot":
            self.root[call.process] = path
        else:
            self.cwd[call.process] = path

    def take_write(self, call):
        octets = b"".join(call.texts())
        node = self.find(call.place() or b"")
        if not node:
            self.said += [(call.first, m[m.lastindex]) for m in
                          self.says.finditer(octets)]
            return
        octets, at = octets[:call.result], node.at
        if call.name.startswith("p"):
            at = call.number(-1)
        else:
            node.at += call.result
        self.change(Op(call, f"{len(octets)} octets at {at} of "
                       f"{self.name(node)}", node, at, octets))

    def take_length(self, call):
        node = self.find(call.place())
        if not node:
            return
        length = call.number(-1)
        if call.name == "fallocate":
            if call.number(1) != 0:
                self.unknown(call)
            length = max(self.tree.file(node).length,
                         call.number(2) + length)
        self.change(Op(call, f"length {length} of {self.name(node)}", node,
                       length=length))

    def take_move(self, call):
        node = self.find(call.place())
        if node:
            node.at = call.result

    def take_sync(self, call):
        """What had ended before it began lasts once it has returned."""
        node = self.find(call.place())
        if not node:
            return
        for op in self.ops:
            if op.lasts is None and op.ended < call.first and (
                    op.node is node or op.changes and
                    (self.in_order or op.changes[-1][0] is node)):
                op.lasts = call.last
                self.synced.add(call.last)

    def take_name(self, call):
        paths = [self.path(call, text, at) for text, at in
                 itertools.zip_longest(call.texts(), call.places()[:2])
                 if text is not None]
        found = [self.entry(p) for p in paths]
        if not any(found):
            return
        if not all(found):
            self.unknown(call)
        above, entry = found[0]
        node = self.tree.entries.get(above, {}).get(entry)
        text = f"{call.name} {' '.join(p.decode('latin-1') for p in paths)}"
        if call.name in ("open", "openat"):
            self.take_open(call, above, entry, node, text)
        elif call.name.startswith("mkdir"):
            self.change(Op(call, text,
                           changes=[(above, entry, Node(DIRECTORY))]))
        elif call.name.startswith("rename"):
            self.change(Op(call, text, changes=[(above, entry, None),
                                                (*found[1], node)]))
        elif call.name.startswith("link"):
            self.change(Op(call, text, changes=[(*found[1], node)]))
        elif call.name == "creat":
            self.unknown(call)
        else:
            self.change(Op(call, text, changes=[(above, entry, None)]))

    def take_open(self, call, above, entry, node, text):
        flags = call.arguments.rsplit(b'"', 1)[1]
        if b"O_TMPFILE" in flags or b"O_SYNC" in flags or b"O_DSYNC" in flags:
            self.unknown(call)
        if not node and b"O_CREAT" in flags:
            node = Node(FILE)
            self.change(Op(call, text, changes=[(above, entry, node)]))
        if node and b"O_TRUNC" in flags and self.tree.file(node).length:
            self.change(Op(call, text, node, length=0))
        if node and (b"O_WRONLY" in flags or b"O_RDWR" in flags):
            node.at = 0

    def change(self, op):
        op.apply(self.tree)
        self.ops.append(op)

    # paths

    def path(self, call, path, at=None):
        """As seen from outside of all root directories."""
        if path.startswith(b"/"):
            return os.path.normpath(self.root.get(call.process, b"") + path)
        above = at or self.cwd.get(call.process)
        if above is None:
            self.unknown(call)
        return os.path.normpath(os.path.join(above, path))

    def entry(self, path):
        """(directory, name) of a path below our top; or None"""
        above = self.find(os.path.dirname(path))
        return above and (above, os.path.basename(path))

    def find(self, path):
        """The node of a path, None when it isn't in one of our parts."""
        if not (path + b"/").startswith(tuple(self.parts)):
            return None
        node = self.top
        for name in path[self.start:].split(b"/"):
            if node and name:
                node = self.tree.entries.get(node, {}).get(name)
        return node

    def name(self, node):
        def search(directory, path):
            for name, below in self.tree.entries.get(directory, {}).items():
                whole = path + "/" + name.decode("latin-1")
                if below is node:
                    return whole
                if below.kind == DIRECTORY and (got := search(below, whole)):
                    return got
            return None
        return search(self.top, "")

    def differs(self, after):
        """The paths at which our story and the real end differ."""
        ours = self.tree.paths(self.top)
        return sorted(p for p, octets in {**ours, **after}.items()
                      if (p not in ours or p not in after or
                          ours[p] != after[p]) and
                      (octets is not None or p in after))
