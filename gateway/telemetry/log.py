"""Writes log lines: an event with its facts, the ids of its request, and no secret in either.

Rules of the file:
1. Lines go through the standard library's loggers, so that an application a gateway is mounted in keeps
   its own handlers and formats. What a line must not hold is taken out here, before any handler sees it.
2. Ids are given by who writes the line. No context variable holds them, so that a request of which nothing
   is told pays nothing.
3. A line is one line: no value can end it, whatever it holds.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.call import Trace
from gateway.telemetry.events import Event
from gateway.telemetry.redaction import HIDDEN, REDACTION, is_sensitive

LONGEST: Final = 2000
"""Characters of one value in a line; what an upstream or a client wrote may be of any length."""

LONGEST_NOTE: Final = 200
"""Characters of what an exception or an upstream says that go into a failure's detail."""

_CONTROL: Final = {
    code: chr(code).encode("unicode_escape").decode()
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        0x61C,
        0x200E,
        0x200F,
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
    )
}
"""Ends of lines, escapes of terminals, and what turns the direction of writing."""


_IDS: Final = ("request_id", "trace_id")
_PLAIN: Final = frozenset({type(None), bool, int, float})


class Line:
    """What a record's message is: ``str()`` of it is for people, ``facts`` are for machines.

    ``traceback`` is ``""`` unless there was an exception.
    """

    __slots__ = ("event", "facts", "text", "traceback")

    def __init__(self, event: Event, facts: dict[str, Any], text: str | None, traceback: str) -> None:
        self.event = event
        self.traceback = traceback
        self.facts = {name: _fact(name, value) for name, value in facts.items()}
        self.text = event.text.format_map(self.facts) if text is None else one_line(REDACTION(text))

    def __str__(self) -> str:
        ids = [f"{name.removesuffix('_id')}={self.facts[name]}" for name in _IDS if name in self.facts]
        return " ".join((self.text, *ids))


class Log:
    """A logger by its *name*; calling it writes one event, if anybody listens at its level."""

    __slots__ = ("_logger",)

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def __call__(
        self,
        event: Event,
        trace: Trace | None = None,
        *,
        level: int | None = None,
        text: str | None = None,
        error: BaseException | None = None,
        hide: Iterable[object] = (),
        depth: int = 1,
        **facts: Any,
    ) -> None:
        """Write *event* with its *facts*, and the ids of *trace*.

        *level* and *text* take the place of the event's own. *error* adds a traceback, out of which the
        values *hide* are taken: those of a request. *depth* is how many frames up the line is written.
        """
        level = event.level if level is None else level
        if not self._logger.isEnabledFor(level):
            return
        if trace is not None:
            facts["request_id"] = trace.request_id
            facts["trace_id"] = trace.trace_id
        function = sys._getframe(depth)  # noqa: SLF001 - what `logging` does as well
        code = function.f_code
        told = "" if error is None else traced(error, hide)
        record = self._logger.makeRecord(
            self._logger.name,
            level,
            code.co_filename,
            function.f_lineno,
            Line(event, facts, text, told),
            (),
            None if error is None else (type(error), error, error.__traceback__),
            code.co_name,
        )
        if told:
            record.exc_text = told  # every formatter of the standard library takes this one
        self._logger.handle(record)


def one_line(text: str) -> str:
    """*text* with everything escaped that could end a line or steer a terminal; cut if it is very long."""
    text = text[:LONGEST]
    return text if text.isprintable() else text.translate(_CONTROL)


def note(text: str) -> str:
    """What somebody else wrote, for operators: one short line without secrets; redacted before it is cut."""
    return one_line(REDACTION(text))[:LONGEST_NOTE]


def traced(error: BaseException, hide: Iterable[object] = ()) -> str:
    """The traceback of *error*, without secrets; its lines are indented, so none can pass for another."""
    told = "".join(traceback.format_exception(error))
    return _block(REDACTION(told, _texts(hide)))


def place_of(error: BaseException) -> tuple[str, str, int]:
    """What tells bugs apart: the kind of *error*, and the file and line that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__, "", 0
    return type(error).__name__, trace.tb_frame.f_code.co_filename, trace.tb_lineno


def block(text: str) -> str:
    """*text* of several lines as a log shows it: without secrets, indented, nothing in it for a terminal."""
    return _block(REDACTION(text))


def _block(text: str) -> str:
    return "\n".join(f"  {line.translate(_CONTROL)}" for line in text.rstrip("\n").split("\n"))


def _fact(name: str, value: Any) -> Any:
    """*value* as a line may hold it: JSON's types, and no secrets."""
    if is_sensitive(name):
        return HIDDEN
    if type(value) in _PLAIN:
        return value
    if name in _IDS:
        return one_line(REDACTION(value))
    if isinstance(value, Mapping):
        return {one_line(str(key)): _fact(str(key), each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_fact("", each) for each in value]
    return one_line(REDACTION.word(str(value)))


def _texts(values: Iterable[object]) -> Iterable[str]:
    """The texts among *values*, as deep as they lie."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, bytes | bytearray):
            yield from _texts_of_json(bytes(value))
        elif isinstance(value, Mapping):
            yield from _texts(value.values())
        elif isinstance(value, Iterable):
            yield from _texts(value)


def _texts_of_json(value: bytes) -> Iterable[str]:
    """The texts in a JSON document, or *value* as text if it is none."""
    try:
        decoded = json.loads(value)
    except (ValueError, RecursionError):
        return [value.decode("utf-8", "replace")]
    return [value.decode()] if isinstance(decoded, int | float | None) else _texts([decoded])
