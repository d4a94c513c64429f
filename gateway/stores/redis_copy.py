"""A copy as the bytes that Redis keeps, and back.

    bytes  1      1        2       4 × 8                                  8                  4
           magic  version  status  age, fresh, revalidate, stand_in (s)   time to live (ms)  check    body

The age of a copy that is read is its age when it was written and the part of its time to live that is over
since. Redis alone measures that part: no process's clock is compared with another's, and a gateway whose
wall clock is wrong makes nothing young or old. The check covers the key, too: an answer that stands under
the wrong key, for whatever reason, is damaged.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import Final

from gateway.stores.store import Copy

_HEAD: Final = struct.Struct(">BBHddddQ")
_CHECK: Final = struct.Struct(">I")
_MAGIC: Final = 0xC7
_VERSION: Final = 1
_BODY: Final = _HEAD.size + _CHECK.size

LONGEST: Final = 30 * 86_400_000
"""Milliseconds a copy is kept at most: a month."""


def time_to_live(copy: Copy) -> int:
    """Milliseconds after which Redis may forget *copy*; 0 if it is of no use already."""
    return max(0, math.ceil(min(copy.left * 1000.0, LONGEST)))


def encode(key: bytes, copy: Copy, lives: int) -> bytes:
    """*copy* as bytes that live for *lives* milliseconds under *key*."""
    head = _HEAD.pack(
        _MAGIC, _VERSION, copy.status, copy.age, copy.fresh, copy.revalidate, copy.stand_in, lives
    )
    return head + _CHECK.pack(_checksum(key, head, copy.body)) + copy.body


def decode(key: bytes, data: bytes, left: int) -> Copy | None:
    """The copy in *data*, which Redis keeps for *left* more milliseconds; ``None`` if it is damaged."""
    if len(data) < _BODY or data[0] != _MAGIC or data[1] != _VERSION:
        return None
    head, body = data[: _HEAD.size], data[_BODY:]
    (check,) = _CHECK.unpack_from(data, _HEAD.size)
    if check != _checksum(key, head, body):
        return None
    _, _, status, age, fresh, revalidate, stand_in, lives = _HEAD.unpack(head)
    if not 0 <= left <= lives:  # somebody changed how long it lives: its age is unknown
        return None
    return Copy(body, fresh, revalidate, stand_in, age + (lives - left) / 1000.0, status)


def _checksum(key: bytes, head: bytes, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(head, zlib.crc32(key)))
