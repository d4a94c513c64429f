"""The layers of calls whose answers are passed on: they let go at the end of an answer, not at its head.

The verdict is given at the head, so the breaker's permit ends there; slots, and what counts as pending at an
address, are held until the answer is closed. Payloads are ``Passage``.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from gateway.call import Call, Layer, Source
from gateway.layers.address import Address
from gateway.layers.balance import Balance, was_refused
from gateway.layers.breaker import Breaker, judge, refusal
from gateway.layers.bulkhead import Bulkhead, queued
from gateway.outcome import Outcome
from gateway.timers import Timers

Clock = Callable[[], float]


def closing_earlier_answers() -> Layer:
    """An attempt begins when the answer to the one before it is closed, and what that held is free."""

    def wrap(inner: Source) -> Source:
        def anew(call: Call) -> Awaitable[Outcome]:
            call.payload.close()
            return inner(call)

        return anew

    return wrap


def limiting_answers(bulkhead: Bulkhead, timers: Timers) -> Layer:
    """``limiting`` whose slot is held until the answer is closed."""

    def wrap(inner: Source) -> Source:
        async def limited(call: Call) -> Outcome:
            if not bulkhead.take():
                full = await queued(call, bulkhead, timers)
                if full is not None:
                    return full
            held = False
            try:
                outcome = await inner(call)
                held = call.payload.hold(bulkhead.give)
            finally:
                if not held:
                    bulkhead.give()
            return outcome

        return limited

    return wrap


def judging_heads(
    breaker: Breaker, clock: Clock, told: Callable[[Call, float], float] | None = None
) -> Layer:
    """``breaking`` that does not take a client which sends its body slowly for a slow upstream."""
    circuit = breaker.circuit

    def took(call: Call, started: float, now: float) -> float:
        seconds = now - started - call.payload.theirs(now)
        return seconds if told is None else told(call, seconds)

    def wrap(inner: Source) -> Source:
        async def guarded(call: Call) -> Outcome:
            started = clock()
            permit = circuit.acquire(started)
            if permit is None:
                return refusal(breaker, started)
            try:
                outcome = await inner(call)
            except BaseException as error:
                now = clock()
                if isinstance(error, CancelledError):
                    circuit.cut(permit, now, took(call, started, now))
                else:
                    circuit.release(permit)
                raise
            now = clock()
            judge(circuit, permit, outcome, took(call, started, now), now)
            return outcome

        return guarded

    return wrap


def balancing_answers(balance: Balance, sources: Sequence[Source], clock: Clock) -> Source:
    """``balancing`` over the *sources* of the addresses, which are pending until their answers are closed."""

    async def balanced(call: Call) -> Outcome:
        asked = 0
        outcome: Outcome | None = None
        while True:
            now = clock()
            address = balance.pick(now, call.tried)
            if address is None or address.bit & asked:
                return balance.refusal(now) if outcome is None else outcome
            asked |= address.bit
            call.tried |= address.bit
            address.calls += 1
            outcome = await _pending(address, sources[address.place], call)
            balance.ended(address, outcome, clock())
            if call.ended is not None or not was_refused(outcome):
                return outcome

    return balanced


async def _pending(address: Address, source: Source, call: Call) -> Outcome:
    address.pending += 1
    held = False
    try:
        outcome = await source(call)
        held = call.payload.hold(partial(_no_more, address))
    finally:
        if not held:
            address.pending -= 1
    return outcome


def _no_more(address: Address) -> None:
    address.pending -= 1
