"""What a line looks like: one JSON object for machines, or a readable line for a terminal.

The only module that knows structlog. Lines of the gateway and of every other library come out alike; see
``log`` for what is taken out of them.
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any, Final, Literal

import structlog
from structlog.stdlib import ProcessorFormatter

from gateway.telemetry.events import FOREIGN
from gateway.telemetry.log import Line, block, one_line
from gateway.telemetry.redaction import REDACTION

Style = Literal["json", "text"]
STYLES: Final[tuple[Style, ...]] = ("json", "text")

_Said = MutableMapping[str, Any]

_stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)
_clock_time = structlog.processors.TimeStamper(fmt="%H:%M:%S.%f", utc=False)


def formatter(style: Style, *, coloured: bool = False) -> logging.Formatter:
    """The formatter of *style*; *coloured* only for a terminal that shows colours."""
    if style == "json":
        return ProcessorFormatter(
            processors=[_facts, _stamped, _ordered, structlog.processors.JSONRenderer()]
        )
    plain = structlog.dev.plain_traceback  # the others would print the values of variables
    renderer = structlog.dev.ConsoleRenderer(
        colors=coloured, pad_event_to=0, sort_keys=False, exception_formatter=plain
    )
    return ProcessorFormatter(processors=[_facts, _clock_time, _for_people, renderer])


def _facts(_: Any, __: str, said: _Said) -> _Said:
    """What a record says, whoever made it; nothing of it can hold a secret or end a line any more."""
    record: logging.LogRecord = said["_record"]
    told: _Said = {"level": record.levelname.lower(), "logger": record.name}
    line = record.msg
    if isinstance(line, Line):
        told.update({"event": line.event.name, "message": line.text, **line.facts})
        exception = line.traceback
    else:
        told.update({"event": FOREIGN, "message": one_line(REDACTION(str(said["event"]).strip()))})
        exception = _foreign_traceback(said)
    if exception:
        told["exception"] = exception
    return told


def _foreign_traceback(said: _Said) -> str:
    told = structlog.processors.format_exc_info(None, "", said)
    parts = [told[part] for part in ("exception", "stack_info") if told.get(part)]
    return block("\n".join(parts)) if parts else ""


def _ordered(_: Any, __: str, said: _Said) -> _Said:
    return {"timestamp": said.pop("timestamp"), **said}


def _for_people(_: Any, __: str, said: _Said) -> _Said:
    """The sentence, who says it and the ids: all other facts stand in the sentence."""
    shown = {name: said[name] for name in ("level", "logger", "exception") if name in said}
    ids = {name.removesuffix("_id"): said[name] for name in ("request_id", "trace_id") if name in said}
    return {"timestamp": said["timestamp"][:-3], "event": said["message"], **shown, **ids}
