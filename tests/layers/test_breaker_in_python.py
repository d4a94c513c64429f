"""The breaker as an aiocircuitbreaker: what Python users get from ``@circuit(cls=Breaker)``."""

import asyncio
import warnings
from datetime import UTC, datetime
from functools import partial

import pytest
from aiocircuitbreaker import CircuitBreaker, CircuitBreakerError, State, circuit

from gateway.layers.breaker import Breaker
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.circuit_state import CircuitState
from gateway.outcome import Cause, Failure


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self):
        return self.now


def steady(clock=None, **changed):
    """The class to give to ``@circuit``, without jitter and on a clock of the test's."""
    return partial(Breaker, rules=CircuitRules(jitter=0.0, **changed), clock=clock or Clock())


async def raising(times, protected, error=ValueError):
    for _ in range(times):
        with pytest.raises(error):
            await protected()


async def test_decorated_function_opens_and_is_then_refused():
    calls = []

    @circuit(failure_threshold=3, name="users", cls=steady())
    async def fetch():
        calls.append(1)
        raise ValueError("boom")

    await raising(3, fetch)
    with pytest.raises(CircuitBreakerError, match=r'"users" OPEN .*\(3 failures, 5 sec .*ValueError: boom'):
        await fetch()

    assert len(calls) == 3


async def test_bare_decorator_works_and_keeps_the_functions_name():
    @Breaker()
    async def fetch(value):
        return value

    assert await fetch(7) == 7
    assert fetch.__name__ == "fetch"


async def test_recovery_timeout_is_the_first_open_time():
    clock = Clock()
    breaker = steady(clock)(failure_threshold=1, recovery_timeout=30)

    @breaker
    async def fetch():
        raise ValueError

    await raising(1, fetch)
    assert (breaker.state, breaker.open_remaining, breaker.opened, breaker.closed) == (
        State.OPEN, 30.0, True, False,
    )  # fmt: skip
    clock.now += 30.0
    assert (breaker.state, breaker.open_remaining, breaker.opened) == (State.HALF_OPEN, 0.0, False)


async def test_open_circuit_calls_the_fallback_function():
    async def instead(value):
        return f"no {value}"

    breaker = steady()(failure_threshold=1, fallback_function=instead)

    @breaker
    async def fetch(value):
        raise ValueError

    with pytest.raises(ValueError):
        await fetch("luck")

    assert await fetch("luck") == "no luck"


async def test_only_expected_exceptions_are_failures_and_others_are_neutral():
    breaker = steady()(failure_threshold=2, expected_exception=OSError)

    @breaker
    async def fetch(error):
        raise error

    for error in [OSError(), ValueError(), OSError()]:
        with pytest.raises(type(error)):
            await fetch(error)

    assert breaker.state is State.OPEN


async def test_expected_exception_inside_a_group_is_a_failure():
    breaker = steady()(failure_threshold=1, expected_exception=OSError)

    @breaker
    async def fetch():
        raise ExceptionGroup("two", [ValueError(), ExceptionGroup("one", [OSError()])])

    await raising(1, fetch, ExceptionGroup)

    assert breaker.state is State.OPEN


async def test_cancelled_call_of_a_decorated_function_does_not_close_the_circuit():
    clock = Clock()
    breaker = steady(clock)(failure_threshold=1)

    @breaker
    async def fetch(error):
        raise error

    with pytest.raises(ValueError):
        await fetch(ValueError())
    clock.now += 5.0
    with pytest.raises(asyncio.CancelledError):
        await fetch(asyncio.CancelledError())

    assert breaker.state is State.HALF_OPEN
    assert breaker.snapshot().probes_out == 0


async def test_probe_that_raises_something_unexpected_gives_its_permit_back():
    clock = Clock()
    breaker = steady(clock)(failure_threshold=1, expected_exception=OSError)

    @breaker
    async def fetch(error):
        raise error

    with pytest.raises(OSError):
        await fetch(OSError())
    clock.now += 5.0
    for _ in range(10):
        with pytest.raises(ValueError):
            await fetch(ValueError())

    assert breaker.state is State.HALF_OPEN


@pytest.mark.parametrize(("took", "slow"), [(0.3, 0), (0.5, 2)])
async def test_calls_are_timed_on_the_breakers_clock(took, slow):
    clock = Clock()
    breaker = steady(clock, slow_call=0.4)()

    @breaker
    async def fetch(error=None):
        clock.now += took
        if error:
            raise error

    await fetch()
    with pytest.raises(ValueError):
        await fetch(ValueError())

    assert (breaker.snapshot().total, breaker.snapshot().slow) == (2, slow)


async def test_returned_outcome_is_judged_like_a_sources():
    breaker = steady()(failure_threshold=2)

    @breaker
    async def fetch(outcome):
        return outcome

    for outcome in [Failure(Cause.FAILED), Failure(Cause.THROTTLED), Failure(Cause.FAILED)]:
        assert await fetch(outcome) is outcome

    assert breaker.state is State.OPEN


async def test_call_is_refused_too_where_the_library_would_let_it_pass():
    breaker = steady()(failure_threshold=1)
    await raising(1, breaker(partial_failure))

    with pytest.raises(CircuitBreakerError):
        await breaker.call(partial_failure)


async def partial_failure():
    raise ValueError


async def test_other_results_are_successes_and_end_a_row_of_failures():
    breaker = steady()(failure_threshold=2)

    @breaker
    async def fetch(error=None):
        if error:
            raise error
        return "fine"

    for error in [ValueError(), None, ValueError()]:
        if error is None:
            assert await fetch() == "fine"
        else:
            with pytest.raises(ValueError):
                await fetch(error)

    assert (breaker.state, breaker.failure_count) == (State.CLOSED, 1)


def test_breaker_cannot_be_entered_because_its_calls_would_share_one_permit():
    with pytest.raises(TypeError, match="entered; use"), Breaker():
        pass
    with pytest.raises(TypeError):
        Breaker().__exit__(None, None, None)


@pytest.mark.parametrize(
    ("forced", "seen"),
    [("forced_open", State.OPEN), ("disabled", State.CLOSED), ("metrics_only", State.CLOSED)],
)
def test_forced_states_are_shown_in_the_librarys_words(forced, seen):
    breaker = Breaker()

    breaker.circuit.force(CircuitState(forced), breaker.clock())

    assert breaker.state is seen


def test_making_a_breaker_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        breaker = Breaker(name="users")

    assert isinstance(breaker, CircuitBreaker)
    assert (breaker.name, breaker.last_failure, breaker.closed) == ("users", None, True)


def test_instant_of_reopening_is_in_utc_and_lies_ahead():
    breaker = Breaker(clock=Clock())
    breaker.circuit.force(CircuitState.FORCED_OPEN, breaker.clock())

    ahead = breaker.open_until - datetime.now(UTC)

    assert 4.0 < ahead.total_seconds() <= 5.0
