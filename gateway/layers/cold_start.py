"""Gives calls that have to wait for a cold start the time for it, and no other calls.

The layer lies above the breaker's permit: the time that it gives holds for the attempt timeout below, and the
circuit is told ``unhurried`` times. So an answer within ``cold_timeout`` is not late, and none within it is a
failure like any other.

A probe of a circuit that is not closed gets that time as well: after an outage the environments are gone, and
cold starts would otherwise open the circuit for ever. There is no bound of its own on how many calls get it:
a burst that starts twenty environments has twenty cold calls; what bounds them are the slots.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gateway.call import Call, Layer, Source
from gateway.layers.circuit import Circuit
from gateway.layers.circuit_state import CircuitState
from gateway.layers.warmth import Warmth
from gateway.outcome import ALIVE, Cause, Failure, Outcome, Success

Unhurried = Callable[[Call, float], float]
"""What a circuit is told: from a call, and the seconds that it took."""


Holding = Callable[[Call, Callable[[], None]], bool]
"""Puts off what is to be done until a call's answer is closed; ``False``: there is none to wait for."""


def allowing_cold_starts(
    warmth: Warmth,
    cold_timeout: float,
    clock: Callable[[], float],
    circuit: Circuit | None,
    holding: Holding | None = None,
) -> Layer:
    """Let cold calls take *cold_timeout* seconds, and those that probe *circuit*.

    *holding*: an environment is busy until the answer is closed, not only until there is an outcome.
    """

    def wrap(inner: Source) -> Source:
        async def allowed(call: Call) -> Outcome:
            began, usual = clock(), call.timeout
            cold = warmth.is_cold(began)
            if cold or (circuit is not None and circuit.state is not CircuitState.CLOSED):
                call.timeout = max(usual, cold_timeout)
            number = warmth.begin(began)
            answered = late = False
            try:
                outcome = await inner(call)
                answered, late = shows_life(outcome), _is_late(outcome)
            finally:
                call.timeout = usual
                ended = partial(_end, warmth, number, clock, answered=answered)
                if holding is None or not holding(call, ended):
                    ended()
                if cold:
                    warmth.tally(answered=answered, late=late)
            return outcome

        return allowed

    return wrap


def shows_life(outcome: Outcome | None) -> bool:
    """Whether the environment of a call that ended so is there, and stays."""
    if outcome is None:
        return False
    return outcome.__class__ is Success or (isinstance(outcome, Failure) and outcome.cause in ALIVE)


def unhurried(timeout: float, cold_timeout: float) -> Unhurried:
    """Seconds that a call took, for a circuit that knows *timeout*: less, if it was given *cold_timeout*."""
    share = min(timeout / cold_timeout, 1.0)

    def told(call: Call, elapsed: float) -> float:
        return elapsed * share if call.timeout >= cold_timeout else elapsed

    return told


def _end(warmth: Warmth, number: int, clock: Callable[[], float], *, answered: bool) -> None:
    warmth.end(number, clock(), answered=answered)


def _is_late(outcome: Outcome) -> bool:
    return isinstance(outcome, Failure) and outcome.cause is Cause.TIMEOUT
