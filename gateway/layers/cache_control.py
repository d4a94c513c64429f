"""What an upstream says about keeping its answer: Cache-Control, Age and Vary (RFC 9111, RFC 5861).

The gateway is a shared cache: ``private`` is no for it. Whatever is doubtful means *not kept* or *stale*:
a number that is none counts as zero, of two different numbers the smaller one counts, a ``no-cache`` or
``private`` that names fields counts for the whole answer. ``Expires`` is not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

HONOURED: Final = frozenset({b"cache-control", b"age", b"vary"})
"""The headers that a source must keep in ``Success.meta`` for this."""

_LONGEST: Final = 2**31
"""Seconds at which numbers are cut off (RFC 9111 section 1.2.2)."""

_directives = re.compile(
    rb"""([!#$%&'*+.^_`|~0-9A-Za-z-]+) (?: \s*=\s* (?: "((?:[^"\\]|\\.)*)" | ([^\s,;]*) ) )?""", re.VERBOSE
).finditer

_FORBIDDING: Final = frozenset({b"no-store", b"no-cache", b"private"})
_NEVER_STALE: Final = frozenset({b"must-revalidate", b"proxy-revalidate"})
_SHAREABLE: Final = frozenset({b"public", b"s-maxage", b"must-revalidate"})
"""Directives that let a shared cache keep the answer to a request with credentials (RFC 9111 section 3.5)."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says about itself. Times are seconds, ``None`` where it says nothing.

    ``forbids``: it must not be kept. ``shareable``: not even credentials forbid to keep it. ``varies``: the
    request headers, in lower case, that it depends on; ``*`` for unknown ones.
    """

    forbids: bool
    shareable: bool
    fresh: float | None
    revalidate: float | None
    stand_in: float | None
    age: float
    varies: frozenset[bytes]


def said(meta: Mapping[bytes, bytes]) -> Said:
    """Read the headers of an answer; names in lower case, several lines of one header joined by commas."""
    directives = _read(meta.get(b"cache-control", b""))
    fresh = directives.get(b"s-maxage", directives.get(b"max-age"))
    never_stale = not _NEVER_STALE.isdisjoint(directives)
    return Said(
        forbids=not _FORBIDDING.isdisjoint(directives),
        shareable=not _SHAREABLE.isdisjoint(directives),
        fresh=_seconds(fresh),
        revalidate=0.0 if never_stale else _seconds(directives.get(b"stale-while-revalidate")),
        stand_in=0.0 if never_stale else _seconds(directives.get(b"stale-if-error")),
        age=_seconds(meta.get(b"age")) or 0.0,
        varies=frozenset(name.strip().lower() for name in meta.get(b"vary", b"").split(b",") if name.strip()),
    )


def _read(text: bytes) -> dict[bytes, bytes]:
    """The directives by name in lower case; of a repeated one, the value with the smaller number."""
    directives: dict[bytes, bytes] = {}
    for match in _directives(text):
        name = match[1].lower()
        value = match[2] if match[2] is not None else match[3] or b""
        known = directives.get(name)
        if known is None or (_seconds(value) or 0.0) < (_seconds(known) or 0.0):
            directives[name] = value
    return directives


def _seconds(value: bytes | None) -> float | None:
    """Delta-seconds; garbage is zero."""
    if value is None:
        return None
    value = value.strip()
    if not value.isdigit():
        return 0.0
    return float(_LONGEST if len(value) > 10 else min(int(value), _LONGEST))
