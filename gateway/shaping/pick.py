"""Picks parts of a document: nothing else of it is kept, and what is kept stays the bytes it came as.

A pick of names and stars is compiled into a type, and decoding into this type *is* the pick: what is not in
the type is skipped, what is kept is never looked into (14 kB: a tenth of decoding and encoding it). Only
indices, and names beside stars, need the slower way over ``tree``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from gateway.shaping.members import Box, Operation
from gateway.shaping.path import STAR, Key, Path, PathFault
from gateway.shaping.tree import Raw, Unfit, Value, keys_of, opened


class Picked:
    """The parts to keep of one value: all of it, or of each of these keys its parts, in this order."""

    def __init__(self) -> None:
        self.whole = False
        self.parts: dict[Key, Picked] = {}

    def add(self, path: Path) -> None:
        """Keep what *path* leads to. Raises ``PathFault``."""
        if not path.keys:
            raise PathFault("the whole document is kept without being picked")
        self._add(path.keys)

    def _add(self, keys: Sequence[Key]) -> None:
        if not keys:
            self.whole = True
        elif not self.whole:
            self.parts.setdefault(keys[0], Picked())._add(keys[1:])  # noqa: SLF001 - its own kind

    def absorb(self, other: Picked) -> None:
        """Keep what *other* keeps too."""
        self.whole = self.whole or other.whole
        for key, part in other.parts.items():
            self.parts.setdefault(key, Picked()).absorb(part)

    def settle(self) -> None:
        """All parts are added: what ``*`` keeps is kept of named parts too."""
        every = self.parts.get(STAR)
        for key, part in self.parts.items():
            if every is not None and key is not STAR:
                part.absorb(every)
        for part in self.parts.values():
            part.settle()

    @property
    def uniform(self) -> bool:
        """Whether a type can say it."""
        if self.whole:
            return True
        names = all(isinstance(key, str) for key in self.parts)
        return (names or set(self.parts) == {STAR}) and all(part.uniform for part in self.parts.values())

    def type(self) -> Any:
        """The type that decodes to nothing but these parts."""
        if self.whole:
            return Raw
        if STAR in self.parts:
            part = self.parts[STAR].type()
            return list[part] | dict[str, part] | None  # type: ignore[valid-type]
        fields: list[Any] = []
        names: dict[str, str] = {}
        for number, (key, part) in enumerate(self.parts.items()):
            kept: Any = part.type()
            fields.append((f"p{number}", kept | msgspec.UnsetType, msgspec.UNSET))
            names[f"p{number}"] = str(key)
        return msgspec.defstruct("Part", fields, rename=names, gc=False) | None

    def of(self, container: Any, key: Any) -> Value:
        """These parts of the value at *key*; ``None`` for null."""
        if self.whole:
            return container[key]
        holder = opened(container, key)
        if holder is None:
            return None
        every = self.parts.get(STAR)
        if every is not None:
            kept = {found: self.parts.get(found, every).of(holder, found) for found in keys_of(holder, STAR)}
        else:
            kept = {
                found: part.of(holder, found)
                for key, part in self.parts.items()
                if _fits(holder, key, self.parts)
                for found in keys_of(holder, key)
            }
        return kept if holder.__class__ is dict else [kept[index] for index in sorted(kept)]


def _fits(holder: Any, key: Key, parts: dict[Key, Picked]) -> bool:
    """Whether *key* is for such a holder; the other kind of keys is passed over if there are keys of both."""
    fits = isinstance(key, str) is (holder.__class__ is dict)
    return fits or not any(isinstance(other, str) is (holder.__class__ is dict) for other in parts)


def picking(parts: Picked) -> Operation:
    """The pick as an operation on an opened document."""

    def run(box: Box) -> None:
        box[0] = parts.of(box, 0)

    return run


def picking_bytes(parts: Picked) -> Callable[[bytes], bytes]:
    """The pick from bytes to bytes, for one that is ``uniform``."""
    decode = msgspec.json.Decoder(parts.type()).decode
    encode = msgspec.json.Encoder().encode

    def run(body: bytes) -> bytes:
        try:
            return encode(decode(body))
        except msgspec.ValidationError as error:
            raise Unfit(str(error)) from None

    return run
