"""Makes a process log: one handler on standard error for everything that anybody in it has to say.

For a process that is a gateway's own; where it is mounted in an application, logging is the application's.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TextIO

from gateway.telemetry import events
from gateway.telemetry.events import FOREIGN
from gateway.telemetry.log import Line, Log
from gateway.telemetry.log_format import STYLES, Style, formatter
from gateway.telemetry.repetition import PERIOD, Repetition

VARIABLE: Final = "GATEWAY_LOGS"
"""Environment variable that says ``json`` or ``text``, whatever the configuration says."""

_QUIET: Final = ("uvicorn", "httpx", "httpcore")
"""Libraries with a line for each request, which would say its URL; only their warnings are wanted."""

_log = Log("gateway.log")
_python = logging.getLogger("python")


class StyleError(ValueError):
    """The environment names a style that there is not."""


def chosen_style(configured: Style | None, environ: Mapping[str, str], stream: TextIO) -> Style:
    """How lines are written to *stream*: as the environment says, or the configuration, or what it is.

    Raises ``StyleError``.
    """
    named = environ.get(VARIABLE)
    if named:
        for style in STYLES:
            if style == named:
                return style
        raise StyleError(f"{VARIABLE} is {' or '.join(STYLES)}, not `{named}`")
    return configured or ("text" if stream.isatty() else "json")


class LogHandler(logging.StreamHandler[TextIO]):
    """Writes lines in one style; what other libraries repeat is counted instead. *clock* gives seconds."""

    def __init__(
        self,
        stream: TextIO,
        style: Style,
        *,
        coloured: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(stream)
        self.setFormatter(formatter(style, coloured=coloured))
        self._clock = clock
        self._repetition = Repetition()
        self._period_ends = float("inf")

    def emit(self, record: logging.LogRecord) -> None:
        """Write *record*, unless there were enough of its kind."""
        now = self._clock()
        if now >= self._period_ends:
            self._turn(now)
        if not isinstance(record.msg, Line):
            if self._period_ends == float("inf"):
                self._period_ends = now + PERIOD
            kind = (record.name, record.levelno, str(record.msg))
            said = f"lines of {record.name} such as: {record.msg}"
            if not self._repetition.takes(FOREIGN, kind, lambda: said):
                return
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """Go on: what Python would print in its place holds the arguments, unredacted."""

    def close(self) -> None:
        """Tell of what was left out, and stop."""
        self._turn(self._clock())
        super().close()

    def _turn(self, now: float) -> None:
        told = self._repetition.turn()
        self._period_ends = now + PERIOD if self._repetition else float("inf")
        for event, line, count in told:
            _log(events.REPEATED, count=count, seconds=PERIOD, of=event, line=line)


@contextmanager
def logging_to(stream: TextIO, style: Style, environ: Mapping[str, str]) -> Iterator[LogHandler]:
    """Let this whole process log to *stream*. An exception that nobody caught is a line, too, and its end."""
    handler = LogHandler(stream, style, coloured=stream.isatty() and not environ.get("NO_COLOR"))
    root = logging.getLogger()
    levels = {root: logging.INFO, **{logging.getLogger(name): logging.WARNING for name in _QUIET}}
    before = {logger: logger.level for logger in levels}
    hooks = threading.excepthook, sys.unraisablehook
    root.addHandler(handler)
    for logger, level in levels.items():
        logger.setLevel(level)
    threading.excepthook, sys.unraisablehook = _uncaught_in_thread, _unraisable
    logging.captureWarnings(capture=True)
    try:
        yield handler
    except Exception:  # noqa: BLE001 - whatever it is, Python would print it unredacted
        _python.critical("uncaught exception", exc_info=True)
        raise SystemExit(1) from None
    finally:
        logging.captureWarnings(capture=False)
        threading.excepthook, sys.unraisablehook = hooks
        for logger, level in before.items():
            logger.setLevel(level)
        handler.close()
        root.removeHandler(handler)


def _uncaught_in_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None:
        error = (told.exc_type, told.exc_value, told.exc_traceback)
        _python.critical("uncaught exception in a thread", exc_info=error)


def _unraisable(told: Any) -> None:
    message = told.err_msg or "exception ignored"
    error = (told.exc_type, told.exc_value, told.exc_traceback)
    _python.error("%s in %r", message, told.object, exc_info=error)
