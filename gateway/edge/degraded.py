"""Says which parts of an answer stand in for failures: the ``Gateway-Degraded`` line and the body's member.

Prepared per plan, so that a complete answer costs one look at each outcome, and a degraded one a few joins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import quote

from gateway.outcome import Cause, Failure, Freshness, Outcome
from gateway.plan.joined import CAUSES, FAILED, ITEMS
from gateway.plan.merge import with_degraded

_TOKEN: Final = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*").fullmatch
_PRINTABLE: Final = re.compile(r"[ -~]*").fullmatch

NOTHING: Final = "nothing"
"""What is served for a step that did not answer: ``null``."""

_SERVED: Final = (Freshness.STALE, Freshness.PARTIAL, Freshness.FALLBACK, NOTHING)

_PARAMETERS: Final = {
    (cause, served): f";cause={cause};served={served}".encode() for cause in Cause for served in _SERVED
}
_MEMBERS: Final = {
    (cause, served): json.dumps({"cause": cause, "served": served}, separators=(",", ":")).encode()
    for cause in Cause
    for served in _SERVED
}


class Part(NamedTuple):
    """A degraded step, by its index in the plan: the cause, what is ``served``, and what a list misses."""

    step: int
    cause: Cause
    served: str
    missing: dict[bytes, bytes] | None

    @property
    def parameters(self) -> bytes:
        """What the header says of it: ``;cause=timeout;served=partial;items=50;failed=2``."""
        text = _PARAMETERS[self.cause, self.served]
        if self.missing is None:
            return text
        return b"%b;items=%b;failed=%b" % (text, self.missing[ITEMS], self.missing[FAILED])

    @property
    def member(self) -> bytes:
        """What the body says of it; of a list also which items are missing, by cause."""
        text = _MEMBERS[self.cause, self.served]
        if self.missing is None:
            return text
        told = (text[:-1], self.missing[ITEMS], self.missing[FAILED], self.missing[CAUSES])
        return b'%b,"items":%b,"failed":%b,"causes":%b}' % told


class Degraded:
    """The degraded parts of one answer, in plan order."""

    __slots__ = ("_items", "_names", "_parts")

    def __init__(self, names: Sequence[bytes], items: Sequence[bytes], parts: list[Part]) -> None:
        self._names = names
        self._items = items
        self._parts = parts

    @property
    def header(self) -> bytes:
        """The header line: ``gateway-degraded: orders;cause=timeout;served=stale`` and a line end."""
        items = [self._items[part.step] + part.parameters for part in self._parts]
        return b"gateway-degraded: " + b", ".join(items) + b"\r\n"

    @property
    def member(self) -> bytes:
        """The value for the body: ``{"orders":{"cause":"timeout","served":"stale"}}``."""
        members = [self._names[part.step] + b":" + part.member for part in self._parts]
        return b"{" + b",".join(members) + b"}"

    def marked(self, body: bytes) -> bytes:
        """*body* with the member ``degraded`` as its last one, if it is a JSON object, else unchanged."""
        return with_degraded(body, self.member)


class Degradation:
    """Looks for degraded parts in the outcomes of one plan, whose *steps* are named in plan order."""

    __slots__ = ("_items", "_names")

    def __init__(self, steps: Sequence[str]) -> None:
        self._names = [json.dumps(step).encode() for step in steps]
        self._items = [_bare_item(step).encode() for step in steps]

    def of(self, outcomes: Sequence[Outcome | None]) -> Degraded | None:
        """The degraded parts; ``None`` if the answer is complete. A step without outcome was not chosen."""
        for outcome in outcomes:
            if outcome is not None and outcome.cause is not None:
                return Degraded(self._names, self._items, _parts(outcomes))
        return None


def _parts(outcomes: Sequence[Outcome | None]) -> list[Part]:
    return [
        Part(index, outcome.cause, *_served(outcome))
        for index, outcome in enumerate(outcomes)
        if outcome is not None and outcome.cause is not None
    ]


def _served(outcome: Outcome) -> tuple[str, dict[bytes, bytes] | None]:
    if isinstance(outcome, Failure):
        return NOTHING, None
    return outcome.freshness, outcome.meta if outcome.freshness is Freshness.PARTIAL else None


def _bare_item(name: str) -> str:
    """*name* as RFC 9651 writes it: a token if it can be one, else a string, else a display string."""
    if _TOKEN(name):
        return name
    if _PRINTABLE(name):
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    unescaped = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in '%"')
    return '%"' + re.sub("%[0-9A-F]{2}", lambda m: m[0].lower(), quote(name, safe=unescaped)) + '"'
