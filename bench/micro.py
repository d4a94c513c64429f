"""``python -m bench.micro``: what the hot pieces of the request path cost by themselves, in nanoseconds.

Best of several short runs, without the cost of the measuring call itself. For comparing a change with what
was before on the same machine; the table of ``python -m bench`` is what counts.
"""

from __future__ import annotations

import asyncio
import time
import timeit
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from bench.micro_logs import log_pieces
from bench.micro_shapes import shape_pieces
from bench.upstreams import encoded, large, small
from gateway.call import Call, Source, Trace, stack
from gateway.compiler.stacks import step_layers, upstream_layers
from gateway.edge.pattern import Pattern, parse_pattern
from gateway.edge.router import Router
from gateway.layers.breaker import Breaker
from gateway.layers.bulkhead import Bulkhead
from gateway.outcome import Outcome, Success
from gateway.timers import Timers

Piece = Callable[[], object]

RUNS = 5
RUN_SECONDS = 0.05

_LARGE_BODY = encoded(large(1))
_SMALL_BODY = encoded(small(1))


class Silent:
    """A meter that records nothing, so that the layers alone are measured."""

    def record(self, outcome: Outcome, seconds: float) -> None:
        """Do nothing."""


def new_call() -> Call:
    """A call as the executor makes it, far from its deadline."""
    return Call("step", None, time.monotonic() + 1e6, 1.0, Trace("0" * 32, "00", "id"))


def pieces(loop: asyncio.AbstractEventLoop) -> dict[str, Piece]:
    """Every piece, by what it does. Nothing here turns the loop."""
    timers, clock = Timers(loop), time.monotonic
    timer, call = timers.of(1.0), new_call()
    circuit, bulkhead = Breaker(name="one").circuit, Bulkhead(1000, 1000, 0.1)
    check = msgspec.json.Decoder(msgspec.Raw).decode
    layered = default_stack(timers, Breaker(name="two"))
    few, many = routes(10), routes(1000)

    def timed() -> None:
        timer.start(call)
        timer.stop(call)

    def judged() -> None:
        permit = circuit.acquire(clock())
        assert permit is not None
        circuit.succeeded(permit, clock(), 0.0)

    def limited() -> None:
        bulkhead.take()
        bulkhead.give()

    return {
        "timer: start and stop": timed,
        "breaker: acquire, succeeded, the clock twice": judged,
        "bulkhead: take and give": limited,
        "call: make one": new_call,
        "source: an instant answer, no layers": lambda: ended(instant(call)),
        "source: an instant answer under all default layers": lambda: ended(layered(call)),
        "router: match one of 10 routes with a parameter": lambda: few.match("GET", b"/resource9/7/detail"),
        "router: match one of 1,000 routes with a parameter": lambda: many.match(
            "GET", b"/resource999/7/detail"
        ),
        "JSON: check 200 B": lambda: check(_SMALL_BODY),
        "JSON: check 14 kB": lambda: check(_LARGE_BODY),
        "JSON: decode 14 kB": lambda: msgspec.json.decode(_LARGE_BODY),
        **shape_pieces(),
        **log_pieces(loop),
    }


def default_stack(timers: Timers, breaker: Breaker) -> Source:
    """The layers of a step and its upstream, as configured by default, around ``instant``."""
    clock, meter = time.monotonic, Silent()
    layers = step_layers(meter=meter, clock=clock, stand_in=None, nothing_on=frozenset())
    layers += upstream_layers(
        meter=meter, clock=clock, timers=timers, breaker=breaker, bulkhead=Bulkhead(1000, 1000, 0.1)
    )
    return stack(instant, [named.layer for named in layers])


def routes(count: int) -> Router[str]:
    """A router with *count* routes ``/resource<n>/{id:int}/detail``."""
    router: Router[str] = Router()
    for number in range(count):
        pattern = parse_pattern(f"/resource{number}/{{id:int}}/detail")
        assert isinstance(pattern, Pattern)
        router.add("GET", pattern, str(number))
    return router


_ANSWER = Success(_SMALL_BODY)


async def instant(_: Call) -> Outcome:
    """Answer without waiting for anything."""
    return _ANSWER


def ended(coroutine: Any) -> object:
    """Run a coroutine that never waits; its result."""
    running: Coroutine[Any, Any, object] = coroutine
    try:
        running.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the coroutine waited")


def nanoseconds(piece: Piece) -> float:
    """The best run's time per call of *piece*."""
    timer = timeit.Timer(piece)
    count, spent = timer.autorange()
    count = max(1, int(count * RUN_SECONDS / spent))
    return min(timer.repeat(RUNS, count)) / count * 1e9


def main() -> None:
    loop = asyncio.new_event_loop()
    overhead = nanoseconds(lambda: None)
    for name, piece in pieces(loop).items():
        print(f"{name:<55} {nanoseconds(piece) - overhead:8.0f} ns")
    loop.close()


if __name__ == "__main__":
    main()
