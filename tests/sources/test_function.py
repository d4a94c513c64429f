"""Async functions as sources: what they are given, what becomes of what they answer, and how they end."""

import asyncio
import contextlib
import contextvars
import gc
import json
import weakref

import pytest

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure, Success
from gateway.plan.flight import Flight
from gateway.sources.function import Asked, FunctionClient
from tests.support.calls import TRACE

VARIABLE = contextvars.ContextVar("VARIABLE")


def client_of(function, **options):
    return FunctionClient(function, Buffered(1000), **{"limit": 10, "max_response": 100, **options})


def call_of(values=None, *, timeout=1.0, deadline=float("inf")):
    payload = None if values is None else json.dumps(values).encode()
    return Call("score", payload, deadline, timeout, TRACE, repeatable=False)


async def outcome_of(answer, **options):
    async def function(_):
        return answer

    call = call_of()
    return await client_of(function, **options).source(call), call


async def test_a_function_is_given_its_values_and_what_time_there_is():
    seen = []

    async def function(asked):
        seen.append(asked)

    now = asyncio.get_running_loop().time()
    await client_of(function).source(call_of({"a": [1, "x"]}, deadline=now + 5.0, timeout=0.5))
    await client_of(function).source(call_of(deadline=now + 0.2))

    first, second = seen
    assert (first.values, first.step, first.attempt) == ({"a": [1, "x"]}, "score", 1)
    assert (first.request_id, first.trace_id) == (TRACE.request_id, TRACE.trace_id)
    assert 0.4 < first.left <= 0.5
    assert (second.values, second.deadline) == (None, now + 0.2)
    assert repr(first) == "<Asked by score, request req-1>"


async def test_what_a_function_asks_in_turn_can_be_told_of_the_request():
    now = asyncio.get_running_loop().time()
    asked = Asked(call_of(deadline=now + 5.0), now + 1.0)

    headers = asked.headers
    assert headers["traceparent"].startswith(f"00-{TRACE.trace_id}-")
    assert headers["x-request-id"] == "req-1"
    assert 4900 <= int(headers["x-request-timeout-ms"]) <= 5000


async def test_time_left_is_never_below_zero():
    assert Asked(call_of(), 0.0).left == 0.0


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (None, b"null"),
        ({"a": [1, 2.5, "ü"]}, '{"a":[1,2.5,"ü"]}'.encode()),
        (b' {"a": 12345678901234567890.10} ', b'{"a": 12345678901234567890.10}'),
        (Success(b"[1]", status=203), b"[1]"),
    ],
)
async def test_what_a_function_answers_is_json(answer, body):
    outcome, call = await outcome_of(answer)

    assert (outcome.body, call.held, call.sent) == (body, len(body), True)


async def test_a_failure_that_a_function_answers_is_its_outcome():
    failure = Failure(Cause.UNREACHABLE, "nobody there")

    assert (await outcome_of(failure))[0] is failure


@pytest.mark.parametrize("answer", [b"<html>", b"\xff", Success(b"{"), b"[" * 501 + b"]" * 501])
async def test_bytes_that_are_no_json_are_unreadable(answer):
    outcome, call = await outcome_of(answer, max_response=10_000)

    assert (outcome.cause, call.held) == (Cause.UNREADABLE, 0)


async def test_what_json_cannot_say_is_a_bug_of_the_function():
    with pytest.raises(TypeError):
        await outcome_of(object())


async def test_answers_are_bounded():
    assert (await outcome_of("x" * 99))[0].cause is Cause.TOO_LARGE
    assert (await outcome_of("x" * 1999, max_response=5000))[0].cause is Cause.BULKHEAD_FULL


@pytest.mark.parametrize("error", [ValueError("no"), TimeoutError(), SystemExit(3), KeyError("k")])
async def test_what_a_function_raises_comes_out_of_the_source(error):
    async def function(_):
        raise error

    client = client_of(function)
    with pytest.raises(type(error)):
        await client.source(call_of())
    await asyncio.sleep(0)
    assert client.state().in_use == 0


async def test_a_function_that_cancels_itself_failed():
    async def function(_):
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError):
        await client_of(function).source(call_of())


class FreedAtOnce(Exception):  # noqa: N818 - what is told of it
    """An exception that can be looked for."""


async def test_an_exception_is_freed_without_the_collector():
    seen = []

    async def function(_):
        error = FreedAtOnce()
        seen.append(weakref.ref(error))
        try:
            raise error
        finally:
            del error

    gc.disable()
    try:
        with contextlib.suppress(FreedAtOnce):
            await client_of(function).source(call_of())
        await asyncio.sleep(0)
        assert seen[0]() is None
    finally:
        gc.enable()


async def test_a_cut_call_ends_at_once_and_cancels_its_function():
    ended = []

    async def function(_):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    client, call, outcomes = client_of(function), call_of(), []

    async def step():
        outcomes.append(await client.source(call))

    Flight(step())
    await asyncio.sleep(0)
    assert client.state().in_use == 1
    call.expire()
    await asyncio.sleep(0.01)

    assert [outcome.cause for outcome in outcomes] == [Cause.TIMEOUT]
    assert ended == ["cancelled"]
    assert client.state().in_use == 0


async def test_a_call_that_was_cut_before_calls_nothing():
    called = []

    async def function(_):
        called.append(1)

    client, call = client_of(function), call_of()
    call.cut(Failure(Cause.OUT_OF_TIME))
    outcome = await client.source(call)

    assert (outcome.cause, called, client.state().created) == (Cause.OUT_OF_TIME, [], 0)


async def test_functions_that_ignore_their_cancellation_fill_their_places_and_no_more():
    release = asyncio.Event()

    async def function(_):
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    client = client_of(function, limit=2)
    for _ in range(2):
        call = call_of()
        step = asyncio.create_task(client.source(call))
        await asyncio.sleep(0.001)
        call.expire()
        assert (await step).cause is Cause.TIMEOUT
    refused = await client.source(call_of())

    assert (refused.cause, client.state().in_use) == (Cause.BULKHEAD_FULL, 2)
    release.set()
    await client.close()
    assert client.state().in_use == 0


async def test_functions_use_whatever_needs_a_task_and_keep_their_context_to_themselves():
    async def function(_):
        VARIABLE.set("inside")
        async with asyncio.timeout(1), asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0))
        return asyncio.current_task().get_name() is not None

    client, outcomes = client_of(function), []

    async def step():
        outcomes.append(await client.source(call_of()))

    Flight(step())
    await asyncio.sleep(0.01)

    assert [outcome.body for outcome in outcomes] == [b"true"]
    assert VARIABLE.get(None) is None


async def test_a_storm_of_cuts_leaves_nothing_behind():
    async def function(asked):
        await asyncio.sleep(0.001 * (asked.values % 5))
        return asked.values

    client = client_of(function, limit=1000)
    for round_ in range(20):
        calls = [call_of(number) for number in range(50)]
        steps = [asyncio.create_task(client.source(call)) for call in calls]
        await asyncio.sleep(0.0005 * (round_ % 5))
        for call in calls[::2]:
            call.expire()
        await asyncio.gather(*steps)
    await asyncio.sleep(0.01)

    assert client.state().in_use == 0
    assert client.state().created == 1000


async def test_a_closing_gateway_cancels_what_still_runs():
    async def function(_):
        await asyncio.sleep(60)

    client, call = client_of(function), call_of()
    step = asyncio.create_task(client.source(call))
    await asyncio.sleep(0)
    await client.close()

    with pytest.raises(RuntimeError):
        await step
    assert client.state().in_use == 0
