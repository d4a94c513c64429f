"""The access log's part of ``python -m bench.micro``: what being told of costs a request of three calls."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable

from gateway.buffered import Buffered
from gateway.call import Call, Trace
from gateway.edge.access_log import AccessLog
from gateway.outcome import Cause, Failure, Outcome, Success
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.plan.execute import Run
from gateway.plan.model import Plan, Step
from gateway.telemetry.log_format import Style
from gateway.telemetry.log_setup import LogHandler
from gateway.timers import Timers

_ANSWERED = Success(b'{"id": 7}')
_TRACE = Trace("0af7651916cd43dd8448eb211c80319c", "00", "0af7651916cd43dd8448eb211c80319c")


def log_pieces(loop: asyncio.AbstractEventLoop) -> dict[str, Callable[[], object]]:
    """An ended request of three calls, told to the access log in each of its settings; lines go nowhere."""
    complete, failed = ended(loop, _ANSWERED), ended(loop, Failure(Cause.TIMEOUT, "no answer within 1 s"))
    problems, every = AccessLog(every=False), AccessLog(every=True)

    def told() -> None:
        every(complete, 200, False, 0.01, 420)

    return {
        "access log, problems: a complete request": lambda: problems(complete, 200, False, 0.01, 420),
        "access log, problems: one of many degraded alike": lambda: problems(failed, 200, True, 0.01, 420),
        "access log, all: a complete request, JSON": _written("json", told),
        "access log, all: a complete request, text": _written("text", told),
    }


class _Nowhere(io.StringIO):
    """A stream that keeps nothing."""

    def write(self, text: str) -> int:
        """Say that it was written."""
        return len(text)


def _written(style: Style, piece: Callable[[], object]) -> Callable[[], object]:
    """*piece*, whose lines are formatted in that style."""
    handler = LogHandler(_Nowhere(), style)
    logger = logging.getLogger("gateway.access")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(logging.INFO)

    def written() -> None:
        logger.handlers = [handler]
        piece()

    return written


def ended(loop: asyncio.AbstractEventLoop, last: Outcome) -> Run:
    """A run of three calls that is over; the last of them ended so."""
    steps = tuple(Step(name, index, _never, _never) for index, name in enumerate(("user", "orders", "recs")))
    engine = Engine(Timers(loop), Buffered(0), Background(), loop.time)
    run = Run(Plan("GET /user/profile/{user_id:int}", steps, 2.0, _never), engine, (), _TRACE, 2.0)
    for step, outcome in zip(steps, (_ANSWERED, _ANSWERED, last), strict=True):
        call = Call(step.name, None, run.deadline, 1.0, _TRACE)
        call.elapsed = 0.0047
        run.calls[step.index], run.outcomes[step.index] = call, outcome
    return run


def _never(*_: object) -> object:
    raise AssertionError("it is over")
