"""An answer with its waterfall, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from gateway.dashboard.snapshot import Bar
    from gateway.rehearsal.run import Rehearsed

_WIDTH: Final = 40
"""Characters of the whole time in a waterfall."""

_BLOCKS: Final = " ▏▎▍▌▋▊▉█"
"""An eighth more each."""


def shown(rehearsed: Rehearsed) -> str:
    """Status, headers and body as a client gets them, JSON indented; then the waterfall."""
    answer = rehearsed.answer
    phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
    head = [f"{answer.status} {phrase}".rstrip(), *(f"{name}: {value}" for name, value in answer.headers)]
    return "\n".join([*head, "", *_body(answer.body), "", *waterfall(rehearsed), ""])


def as_json(rehearsed: Rehearsed) -> str:
    """The same for programs: ``status headers body seconds time_limit steps``."""
    answer = rehearsed.answer
    try:
        body: Any = msgspec.json.decode(answer.body, type=msgspec.Raw)  # its numbers keep their digits
    except (msgspec.MsgspecError, UnicodeDecodeError):
        body = answer.body.decode(errors="replace")
    told = {
        "status": answer.status,
        "headers": dict(answer.headers),
        "body": body,
        "seconds": round(rehearsed.seconds, 6),
        "time_limit": rehearsed.time_limit,
        "steps": rehearsed.steps,
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"


def waterfall(rehearsed: Rehearsed) -> Iterable[str]:
    """A line for each step: when it ran, how long, and how it ended."""
    steps = rehearsed.steps
    if steps is None:
        yield f"no plan was run; {_time(rehearsed.seconds)}"
        return
    whole = max([rehearsed.seconds, *((bar.start or 0.0) + bar.seconds for bar in steps)])
    names = max(len(bar.step) for bar in steps)
    for bar in steps:
        yield f"{bar.step:{names}}  {_drawn(bar, whole):{_WIDTH}}  {_time(bar.seconds):>8}  {_ending(bar)}"
    limit = f" of {_time(rehearsed.time_limit)}"
    yield f"{'':{names}}  {'─' * _WIDTH}  {_time(rehearsed.seconds):>8}{limit}"


def _drawn(bar: Bar, whole: float) -> str:
    """The bar in eighths of a character; never nothing for what was called."""
    if bar.start is None or whole <= 0:
        return ""
    start, length = (round(each / whole * _WIDTH * 8) for each in (bar.start, bar.seconds))
    before, first = divmod(min(start, _WIDTH * 8 - 1), 8)
    if first + length <= 8:
        return " " * before + _BLOCKS[max(1, min(length, 8 - first))]
    full, rest = divmod(first + length - 8, 8)
    drawn = " " * before + "█" * (1 + full) + _BLOCKS[rest].strip()
    return drawn[:_WIDTH]


def _ending(bar: Bar) -> str:
    cause = f": {bar.cause}" if bar.cause else ""
    detail = f" ({bar.detail})" if bar.detail else ""
    tries = f", {bar.attempts} attempts" if bar.attempts > 1 else ""
    called = "" if bar.start is not None else ", not called"
    return f"{bar.outcome}{cause}{detail}{tries}{called}"


def _body(body: bytes) -> list[str]:
    """One JSON document indented, other text as it is, but for what a terminal would obey."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)  # `format` would take several, and lose all but the first
        return msgspec.json.format(body, indent=2).decode().splitlines()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return [f"({len(body)} bytes that are no text)"]
    return ["".join(char if char.isprintable() else "?" for char in line) for line in text.splitlines()]


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
