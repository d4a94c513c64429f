"""What one process says to others about an upstream: that its circuit opened, and for how long.

Lengths of time only, no instants: between processes no clock is shared. The board measures how much of the
open time is left when somebody reads a hint, and so tells its age.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, Protocol

import msgspec

LONGEST: Final = 86_400.0
"""Seconds of open time that are believed at most: a day."""


def topic_of(name: str, address: str) -> str:
    """What processes call the upstream *name* at *address* among themselves; a digest, because two
    installations may share a board, and mean different upstreams by one name.
    """
    return f"{name}:{sha256(address.encode()).hexdigest()[:16]}"


class Hint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Process *origin* opened its circuit of *topic* for *open_for* seconds, *remaining* of which are left.

    ``number`` tells the openings of one origin apart. ``topic`` is the same in every process that calls the
    same upstream at the same address.
    """

    topic: str
    origin: str
    number: int
    open_for: float
    remaining: float

    @property
    def age(self) -> float:
        """Seconds since it opened, less the time that it took to the board."""
        return self.open_for - self.remaining


class _Kept(msgspec.Struct, frozen=True):
    """The part of a hint that is written down. Unknown members are ignored: a later version may add some."""

    v: int
    origin: str
    number: int
    open_for: float


_decoder: Final = msgspec.json.Decoder(_Kept)
_VERSION: Final = 1


def encode(hint: Hint) -> bytes:
    """*hint* as JSON, for people who look into the board; its topic and what is left stand beside it."""
    return msgspec.json.encode(_Kept(_VERSION, hint.origin, hint.number, hint.open_for))


def decode(topic: str, data: bytes, remaining: float) -> Hint | None:
    """The hint in *data* about *topic*; ``None`` if it makes no sense."""
    try:
        kept = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if kept.v != _VERSION or not 0.0 < remaining <= kept.open_for <= LONGEST:
        return None
    return Hint(topic, kept.origin, kept.number, kept.open_for, remaining)


class Board(Protocol):
    """Where hints are left for others. Nothing about it is certain: hints may be late, lost, or wrong."""

    def post(self, hint: Hint) -> None:
        """Leave *hint* for the others until its time is over. Never waits, never raises."""
