"""A circuit as an ``aiocircuitbreaker.CircuitBreaker``, and the two layers that stand on it.

The library gives Python users ``@circuit``, ``CircuitBreakerError`` and ``State``; its own state machine is
never used: it counts a cancellation as success, admits everybody when half-open, and lives on the wall
clock. ``Breaker`` overrides public members only, and every answer comes from its ``Circuit``.

The gate and the permit are two layers because the bulkhead stands between them: an open circuit must
answer at once, and a call that waited for a slot must not reach an upstream that opened meanwhile.
"""

from __future__ import annotations

import random as _random
import time
import warnings
from asyncio import CancelledError
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn, ParamSpec, TypeVar, cast

from aiocircuitbreaker import CircuitBreaker, CircuitBreakerError, State

from gateway.call import Call, Layer, Source, answered
from gateway.layers.circuit import Circuit
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.circuit_state import CircuitSnapshot, CircuitState, Listener
from gateway.outcome import ANOTHER_WON, Cause, Failure, Outcome, Success, Verdict, verdict
from gateway.telemetry.log import note

Clock = Callable[[], float]
"""Seconds on a monotonic clock."""

_NOTE: Final = 200
"""Characters kept of a failure: text, never the exception, whose traceback would pin the request."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Breaker(CircuitBreaker):  # type: ignore[misc]  # the library has no types
    """One upstream's breaker; ``circuit`` is its state machine.

    The first five arguments are the library's, so that ``@circuit(cls=Breaker)`` works:
    ``failure_threshold`` becomes ``consecutive`` of *rules*, ``recovery_timeout`` its ``open_for``. Of the
    exceptions of a decorated function, those of *expected_exception* are failures and all others neutral.
    *clock* must be the clock that the layers are given; *random* gives numbers in [0, 1).
    """

    def __init__(
        self,
        failure_threshold: int | None = None,
        recovery_timeout: float | None = None,
        expected_exception: type[Exception] | tuple[type[Exception], ...] | None = None,
        name: str = "",
        fallback_function: Callable[..., Any] | None = None,
        *,
        rules: CircuitRules | None = None,
        clock: Clock = time.monotonic,
        random: Callable[[], float] = _random.random,
        listener: Listener | None = None,
    ) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the library asks utcnow for a start time
            super().__init__(name=name, fallback_function=fallback_function)
        self.clock = clock
        adapted = _adapted(rules or CircuitRules(), failure_threshold, recovery_timeout)
        self.circuit = Circuit(name, adapted, random, listener)
        self._expected = expected_exception or self.EXPECTED_EXCEPTION

    async def call(self, func: Callable[_P, Awaitable[_T]], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Await ``func(*args, **kwargs)``, or raise ``CircuitBreakerError`` if the circuit refuses.

        A returned ``Outcome`` is judged by its verdict, any other result is a success.
        """
        started = self.clock()
        permit = self.circuit.acquire(started)
        if permit is None:
            raise CircuitBreakerError(self)
        try:
            result = await func(*args, **kwargs)
        except BaseException as error:
            self._judge_error(permit, error, started)
            raise
        if isinstance(result, Success | Failure):
            now = self.clock()
            judge(self.circuit, permit, result, now - started, now)
        else:
            now = self.clock()
            self.circuit.succeeded(permit, now, now - started)
        return result

    def _judge_error(self, permit: int, error: BaseException, started: float) -> None:
        now = self.clock()
        if isinstance(error, CancelledError):
            self.circuit.cut(permit, now, now - started)
        elif self._is_expected(error):
            self.circuit.failed(permit, now, now - started, note(f"{type(error).__name__}: {error}"))
        else:
            self.circuit.release(permit)

    def _is_expected(self, error: BaseException) -> bool:
        if isinstance(error, self._expected):
            return True
        return isinstance(error, BaseExceptionGroup) and error.subgroup(self._expected) is not None

    def __enter__(self) -> NoReturn:
        raise TypeError(
            "a breaker shared by many calls cannot be entered; use `await breaker.call(function)`"
        )

    def __exit__(self, *_: object) -> NoReturn:
        raise TypeError("a breaker cannot be entered, so it cannot be left")

    @property
    def state(self) -> State:
        """The library's view: forced_open is open, disabled and metrics_only are closed."""
        if self.circuit.state is CircuitState.HALF_OPEN or self.snapshot().recovering:
            return State.HALF_OPEN
        is_open = self.circuit.state in (CircuitState.OPEN, CircuitState.FORCED_OPEN)
        return State.OPEN if is_open else State.CLOSED

    @property
    def opened(self) -> bool:
        """Whether a call would be refused now."""
        return self.circuit.refuses(self.clock())

    @property
    def closed(self) -> bool:
        """Whether calls pass freely."""
        return self.state is State.CLOSED

    @property
    def failure_count(self) -> int:
        """Failures in a row."""
        return self.circuit.in_a_row

    @property
    def open_remaining(self) -> float:
        """Seconds until a call may try."""
        return self.circuit.retry_after(self.clock()) if self.opened else 0.0

    @property
    def open_until(self) -> datetime:
        """``open_remaining`` as an instant for people; nothing is decided by it."""
        return datetime.now(UTC) + timedelta(seconds=self.open_remaining)

    @property
    def last_failure(self) -> str | None:
        """What failed last, as text; ``None`` if nothing did."""
        return self.circuit.last_failure or None

    def snapshot(self) -> CircuitSnapshot:
        """The circuit now, for health and the admin pages."""
        return self.circuit.snapshot(self.clock())

    def __repr__(self) -> str:
        return f"<Breaker {self.snapshot().sentence()}>"


def _adapted(
    rules: CircuitRules, failure_threshold: int | None, recovery_timeout: float | None
) -> CircuitRules:
    """*rules* with the library's two numbers in place of theirs."""
    if failure_threshold is not None:
        rules = replace(rules, consecutive=failure_threshold)
    if recovery_timeout is not None:
        longest = max(rules.max_open_for, recovery_timeout)
        rules = replace(rules, open_for=recovery_timeout, max_open_for=longest)
    return rules


def judge(circuit: Circuit, permit: int, outcome: Outcome, elapsed: float, now: float) -> None:
    """Tell *circuit* what *outcome*, after *elapsed* seconds, says (docs/contract.md sections 1 and 5)."""
    health = verdict(outcome)
    if health is Verdict.SUCCESS:
        circuit.succeeded(permit, now, elapsed)
        return
    failure = cast("Failure", outcome)
    if health is Verdict.FAILURE:
        circuit.failed(permit, now, elapsed, _note(failure), failure.retry_after)
    elif failure.cause is Cause.OUT_OF_TIME and failure is not ANOTHER_WON:
        circuit.cut(permit, now, elapsed)
    else:
        circuit.release(permit)


def _note(failure: Failure) -> str:
    status = f" {failure.status}" if failure.status else ""
    return f"{failure.cause}{status}: {failure.detail}"[:_NOTE]


def refusal(breaker: Breaker, now: float) -> Failure:
    """What a call is told that the circuit does not let through."""
    circuit = breaker.circuit
    detail = f"the circuit of {circuit.name} is {circuit.state}: {circuit.detail or circuit.reason}"
    return Failure(Cause.CIRCUIT_OPEN, detail, retry_after=circuit.retry_after(now))


def refusing_while_open(breaker: Breaker, clock: Clock) -> Layer:
    """The gate: answer at once while the circuit is open. A look only, it takes no permit."""
    refuses = breaker.circuit.refuses

    def wrap(inner: Source) -> Source:
        def gated(call: Call) -> Awaitable[Outcome]:
            now = clock()
            if refuses(now):
                return answered(refusal(breaker, now))
            return inner(call)

        return gated

    return wrap


def breaking(breaker: Breaker, clock: Clock, told: Callable[[Call, float], float] | None = None) -> Layer:
    """The permit: call only with one, and tell the circuit how the call ended.

    *told* gives the seconds to tell of it, from the call and those that it took; ``None``: those.
    """
    circuit = breaker.circuit

    def wrap(inner: Source) -> Source:
        async def guarded(call: Call) -> Outcome:
            started = clock()
            permit = circuit.acquire(started)
            if permit is None:
                return refusal(breaker, started)
            try:
                outcome = await inner(call)
            except CancelledError:
                now = clock()
                circuit.cut(permit, now, now - started if told is None else told(call, now - started))
                raise
            except BaseException:  # a bug, or the loop is being torn down: says nothing about the upstream
                circuit.release(permit)
                raise
            now = clock()
            elapsed = now - started if told is None else told(call, now - started)
            if outcome.__class__ is Success:
                circuit.succeeded(permit, now, elapsed)
            else:
                judge(circuit, permit, outcome, elapsed, now)
            return outcome

        return guarded

    return wrap
