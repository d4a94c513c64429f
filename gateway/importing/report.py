"""What an import changed or could not carry, each with its place, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from gateway.importing.foreign import At


class Kind(Enum):
    """How much a notice matters, most first; the value is how it is told."""

    UNGUARDED = "NOT GUARDED"
    """A guard is missing that refused requests, and what it guarded is served all the same."""
    LEFT_OUT = "LEFT OUT"
    """A whole route (or all of them) is not there."""
    LOST = "not carried"
    """It has no counterpart; the rest of what it belongs to is there."""
    CHANGED = "changed"
    """It is there, and behaves differently."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to know. ``at`` is where it stands in the foreign file."""

    kind: Kind
    at: At
    message: str

    def __str__(self) -> str:
        path = f"{self.at.path}: " if self.at.path else ""
        return f"{self.at.place}: {self.kind.value}: {path}{self.message}"


@dataclass(slots=True)
class Report:
    """All notices of one import, in the order of the files once it is told."""

    notices: list[Notice] = field(default_factory=list)

    def unguarded(self, at: At, message: str) -> None:
        """What *at* says guarded something that is served without it now."""
        self.notices.append(Notice(Kind.UNGUARDED, at, message))

    def left_out(self, at: At, message: str) -> None:
        """The route at *at* is not there."""
        self.notices.append(Notice(Kind.LEFT_OUT, at, message))

    def lost(self, at: At, message: str) -> None:
        """*at* has no counterpart."""
        self.notices.append(Notice(Kind.LOST, at, message))

    def changed(self, at: At, message: str) -> None:
        """*at* behaves differently."""
        self.notices.append(Notice(Kind.CHANGED, at, message))

    def __str__(self) -> str:
        """One line each, then how many of each kind; ``""`` if there are none."""
        unique = dict.fromkeys(self.notices)
        told = sorted(unique, key=lambda n: (n.at.place.file.name, n.at.place.line, n.at.place.column))
        counts = [(kind, sum(notice.kind is kind for notice in told)) for kind in Kind]
        if not told:
            return ""
        summary = ", ".join(f"{count} {_SUMMARY[kind]}" for kind, count in counts if count)
        return "\n".join([*map(str, told), "", summary]) + "\n"


_SUMMARY: Final = {
    Kind.UNGUARDED: "served WITHOUT THEIR GUARD",
    Kind.LEFT_OUT: "left out",
    Kind.LOST: "not carried",
    Kind.CHANGED: "changed",
}
