# SPDX-License-Identifier: ISC
# Where the units of a journal lie: queue/SPOOL read by other eyes than the
# queue's. Changes nothing.
import dataclasses
import re
import struct

BOUND, RECORD, HEAD = 4096, 64, 32
HEADS = 0, BOUND // 2
SEGMENT, MESSAGE = 0x0401, 0x0402


def crc_table():
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82f63b78 if n & 1 else 0)
        yield n


TABLE = list(crc_table())


def crc32c(octets):
    crc = 0xffffffff
    for octet in octets:
        crc = crc >> 8 ^ TABLE[(crc ^ octet) & 255]
    return crc ^ 0xffffffff


@dataclasses.dataclass
class Record:
    at: int
    end: int
    epoch: int
    sequence: int
    committed: int      # the last one that was durable when it was written
    closes: bool
    frame: bytes

    @property
    def type(self):
        return int.from_bytes(self.frame[:2], "big")


@dataclasses.dataclass
class Unit:
    """A message, with the local part of its first recipient, or a word about
    one."""
    parts: list[Record]
    message: str | None

    @property
    def end(self):
        return self.parts[-1].end

    @property
    def sequence(self):
        return self.parts[0].sequence

    def knows(self, other):
        """Whether that was durable when this was written."""
        return self.parts[0].committed >= other.sequence

    def same(self, a, b):
        """Whether it is in both alike, but for what fills it up."""
        return all(a[p.at:p.at + HEAD + len(p.frame)] ==
                   b[p.at:p.at + HEAD + len(p.frame)] for p in self.parts)


def record(octets, at):
    """The sealed record there, or None."""
    crc, size, epoch, sequence, closes, ahead = struct.unpack_from(
        ">IIQQB3xI", octets, at)
    end = at + HEAD + size
    if size < 2 or end > len(octets) or \
            crc32c(octets[at + 4:end]) != crc:
        return None
    return Record(at, -(-end // RECORD) * RECORD, epoch, sequence,
                  sequence - ahead, closes != 0, octets[at + HEAD:end])


def units(octets):
    """Those of one segment, in their order; none if it was never used."""
    head = record(octets, 0)
    if not head or head.type != SEGMENT:
        return []
    found, parts, sequence, at = [], [], head.sequence, BOUND
    while at + HEAD <= len(octets):
        r = record(octets, at)
        if not r or r.epoch != head.epoch or r.sequence <= sequence:
            at += RECORD
            continue
        parts.append(r)
        sequence, at = r.sequence, r.end
        if r.closes:
            name = None
            if parts[0].type == MESSAGE:
                name = re.search(rb"(\w+)@", parts[1].frame).group(1).decode()
            found.append(Unit(parts, name))
            parts = []
    return found
