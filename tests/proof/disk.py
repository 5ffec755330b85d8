# SPDX-License-Identifier: ISC
# Disks, changes of them, and what a crash may leave of those; for trace.py and
# crash.py. Pure.
#
# The rules. Octets and length of a file last once an fsync or fdatasync of it
# that began after the change has returned; a name, once its directory was
# synced, that of a rename's new name. All else may be there or not, in any
# combination; an unsynced write may be there in part, or as zeroes. That is
# POSIX. On ext4 names last in the order in which they were made, and any sync
# makes all earlier ones last.
import itertools
import os

FILE, DIRECTORY = "file", "directory"
KEEP, DROP, HEAD, TAIL, ZERO = "keep", "drop", "head", "tail", "zero"
SECTOR, PAGE = 512, 4096


class Node:
    def __init__(self, kind):
        self.kind = kind
        self.at = 0     # where the next write() goes


class Op:
    """One change, between two lines of a log: octets of a file, its length, or
    entries of directories."""

    def __init__(self, call, text, node=None, at=0, octets=b"", length=None,
                 changes=()):
        self.began, self.ended, self.text = call.first, call.last, text
        self.node, self.at, self.octets = node, at, octets
        self.length = length
        self.changes = changes  # (directory, name, node or None)
        self.lasts = None       # line from which on it is durable

    def ways(self):
        """What a crash may make of it while it isn't durable."""
        return [KEEP, DROP, HEAD, TAIL, ZERO] if self.octets else [KEEP, DROP]

    def apply(self, tree, how=KEEP):
        if how == DROP:
            return
        if self.length is not None:
            tree.cut(self.node, self.length)
        elif self.node:
            tree.write(self.node, self.at, *part(self.octets, how))
        for directory, name, node in self.changes:
            tree.enter(directory, name, node)


def part(octets, how):
    """(octets to leave as they were, octets) of what is left of a write."""
    half = len(octets) // 2 // SECTOR * SECTOR
    return {KEEP: (0, octets), HEAD: (0, octets[:half]),
            TAIL: (half, octets[half:]), ZERO: (0, bytes(len(octets)))}[how]


class File:
    """Octets, in pages that are shared; never changed. Zeroes have no page."""

    def __init__(self, length=0, pages=()):
        self.length, self.pages = length, dict(pages)

    def write(self, at, octets):
        new = File(max(self.length, at + len(octets)), self.pages)
        end = at + len(octets)
        for n in range(at // PAGE, (end + PAGE - 1) // PAGE):
            start = n * PAGE
            page = octets[max(0, start - at):max(0, start + PAGE - at)]
            if len(page) < PAGE:
                old = self.pages.get(n, bytes(PAGE))
                page = old[:max(0, at - start)] + page + \
                    old[max(0, at - start) + len(page):]
            new.put(n, page)
        return new

    def cut(self, length):
        new = File(length, {n: page for n, page in self.pages.items()
                            if n * PAGE < length})
        last = new.pages.get(length // PAGE)
        if last:
            new.put(length // PAGE, last[:length % PAGE].ljust(PAGE, b"\0"))
        return new

    def put(self, n, page):
        if page.strip(b"\0"):
            self.pages[n] = page
        else:
            self.pages.pop(n, None)

    def octets(self):
        return b"".join(self.pages.get(n, bytes(PAGE)) for n in
                        range((self.length + PAGE - 1) // PAGE))[:self.length]

    def key(self):
        return self.length, frozenset(self.pages.items())


class Tree:
    """What a disk holds: copied at no cost, changed apart from its origin."""

    def __init__(self, files=(), entries=()):
        self.files, self.entries = dict(files), dict(entries)

    def copy(self):
        return Tree(self.files, self.entries)

    def file(self, node):
        return self.files.get(node) or File()

    def write(self, node, at, skip, octets):
        self.files[node] = self.file(node).write(at + skip, octets)

    def cut(self, node, length):
        self.files[node] = self.file(node).cut(length)

    def enter(self, directory, name, node):
        entries = dict(self.entries.get(directory, {}))
        entries.pop(name, None)
        if node:
            entries[name] = node
        self.entries[directory] = entries

    def walk(self, top, path=b""):
        """{path: its File, or None for a directory}"""
        found = {path: None}
        for name, node in self.entries.get(top, {}).items():
            below = os.path.join(path, name)
            if node.kind == DIRECTORY:
                found.update(self.walk(node, below))
            else:
                found[below] = self.file(node)
        return found

    def paths(self, top):
        """{path: octets, or None for a directory}"""
        return {path: file and file.octets()
                for path, file in self.walk(top).items()}

    def digest(self, top):
        return hash(frozenset((path, file and file.key())
                              for path, file in self.walk(top).items()))


# --- crashes --------------------------------------------------------------

def combinations(ops, most, rand):
    """What may become of each unsynced change: all combinations when they are
    few; else those in which one thing is odd, and random ones."""
    ways = [op.ways() for op in ops]
    total = 1
    for way in ways:
        total *= len(way)
        if total > most:
            break
    if total <= most:
        yield from itertools.product(*ways)
        return
    n = len(ops)
    for base, other in (KEEP, DROP), (DROP, KEEP):
        yield [base] * n
        for i in range(n):
            yield [base] * i + [other] * (n - i)
            for way in ways[i]:
                yield [base] * i + [way] + [base] * (n - i - 1)
    for _ in range(most):
        kept = rand.random()
        yield [KEEP if rand.random() < kept else rand.choice(way[1:])
               for way in ways]


def is_ordered(ops, how):
    """No name that is there was made after one that isn't."""
    names = [h for op, h in zip(ops, how) if op.changes]
    return KEEP not in names[names.index(DROP):] if DROP in names else True


def at_moment(trace, moment):
    """(disk but for names and what isn't durable, names, what isn't durable)
    just before this line. A call under way may have done its work."""
    done = [op for op in trace.ops if op.began < moment]
    pending = [op for op in done if op.lasts is None or op.lasts >= moment]
    base = trace.base.copy()
    for op in done:
        if op.node and op not in pending:
            op.apply(base)
    return base, [op for op in done if op.changes], pending


def crashes(trace, since, most, rand):
    """(tree, what was said before, text) of each state that a crash may leave,
    each once. The moments to look at are those just before something becomes
    durable, and the end: what another moment can leave, one of them can."""
    seen = set()
    for moment in sorted(m for m in trace.synced if m > since) + [1 << 62]:
        base, names, pending = at_moment(trace, moment)
        said = frozenset(text for line, text in trace.said if line < moment)
        for how in combinations(pending, most, rand):
            if trace.in_order and not is_ordered(pending, how):
                continue
            fate = dict(zip(pending, how))
            tree = base.copy()
            # what is pending in a file is newer than what lasts there, but
            # for names only their own order tells
            for op in [op for op in pending if op.node] + names:
                op.apply(tree, fate.get(op, KEEP))
            digest = tree.digest(trace.top), said
            if digest not in seen:
                seen.add(digest)
                yield tree, said, "; ".join(
                    f"{h} {op.text}" for op, h in fate.items()
                    if h != KEEP) or "nothing lost"
