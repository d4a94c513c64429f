"""One step with all its layers but without its request, and what asking it costs this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from gateway import Gateway
from gateway.call import Call, Trace
from gateway.outcome import Outcome, Success

Ask = Callable[[], Awaitable[None]]

_WARM_UP: Final = 20
_TRACE: Final = Trace("0af7651916cd43dd8448eb211c80319c", "00", "0af7651916cd43dd8448eb211c80319c")


class _Scope:
    inputs = ("7",)
    outcomes = ()


class _Run:
    """The run of one call: ``ended`` becomes its outcome."""

    def __init__(self, ended: asyncio.Future[Outcome]) -> None:
        self.ended = ended

    def landed(self, index: int, outcome: Outcome) -> None:  # noqa: ARG002 - there is one step
        self.ended.set_result(outcome)

    def crashed(self, index: int, error: Exception) -> Outcome:  # noqa: ARG002 - there is one step
        raise error


def step_of(gateway: Gateway, route: str, expected: bytes) -> Ask:
    """What asks the only step of *route*, its one input being ``7``, in the form that a plan would choose; it
    must answer *expected*.
    """
    step: Any = gateway._compiled.routes[route].plan.steps[0]  # noqa: SLF001 - a step without its request
    loop = asyncio.get_running_loop()

    async def ask() -> None:
        call = Call(step.name, step.prepare(_Scope), loop.time() + 2.0, step.timeout, _TRACE, floor=0.02)
        run = _Run(loop.create_future())
        if step.direct is not None and step.direct.begin(call, run, 0) is not None:
            outcome = await run.ended
        else:
            outcome = await step.source(call)
        assert isinstance(outcome, Success)
        assert outcome.body == expected
        gateway._buffered.give(call.held)  # noqa: SLF001 - as the end of its request does

    return ask


async def cpu(ask: Ask, asked: int, at_once: int) -> float:
    """Microseconds of CPU that one of *asked* questions takes, *at_once* of which are under way."""

    async def one_after_another(count: int) -> None:
        for _ in range(count):
            await ask()

    await asyncio.gather(*(one_after_another(_WARM_UP) for _ in range(at_once)))
    began = time.process_time()
    await asyncio.gather(*(one_after_another(asked // at_once) for _ in range(at_once)))
    return (time.process_time() - began) / asked * 1e6
