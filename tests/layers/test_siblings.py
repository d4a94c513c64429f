"""Equal calls of one request."""

import asyncio

import pytest

from gateway.layers.siblings import sending_once
from gateway.outcome import Cause, Failure, Success
from tests.support.calls import make_call
from tests.support.sources import After, Hang, ScriptedSource


class Request:
    """The calls of one request, and the source below."""

    def __init__(self, *script):
        self.source = ScriptedSource().will(*script)
        self.once = sending_once()(self.source)
        self.siblings = {}

    def call(self, identity=b"i"):
        return make_call(identity=identity, siblings=self.siblings)

    async def outcomes(self, *identities):
        return await asyncio.gather(*[self.once(self.call(identity)) for identity in identities])


async def test_equal_calls_at_once_are_one():
    request = Request(After(0.1, Success(b"1")))

    outcomes = await request.outcomes(b"i", b"i", b"i")

    assert ([outcome.body for outcome in outcomes], len(request.source.calls)) == ([b"1"] * 3, 1)


async def test_equal_calls_one_after_the_other_are_one():
    request = Request(Success(b"1"), Success(b"2"))

    assert [(await request.once(request.call())).body for _ in range(3)] == [b"1"] * 3
    assert len(request.source.calls) == 1


async def test_failure_is_not_asked_for_again():
    request = Request(Failure(Cause.FAILED, status=503))

    assert [(await request.once(request.call())).status for _ in range(2)] == [503, 503]
    assert len(request.source.calls) == 1


async def test_unequal_calls_and_those_without_identity_are_all_sent():
    request = Request(After(0.1))

    await request.outcomes(b"i", b"j", None, None)

    assert len(request.source.calls) == 4


async def test_calls_of_another_request_are_none_of_ours():
    request = Request()

    await request.once(request.call())
    request.siblings = {}
    await request.once(request.call())
    await request.once(make_call(identity=b"i", siblings=None))

    assert len(request.source.calls) == 3


async def test_cut_ends_the_call_and_those_that_wait_for_it():
    request = Request(Hang())
    calls = [request.call(), request.call()]
    tasks = [asyncio.ensure_future(request.once(call)) for call in calls]
    await asyncio.sleep(0.01)

    for call in calls:
        call.cut(Failure(Cause.OUT_OF_TIME))

    assert [(await task).cause for task in tasks] == [Cause.OUT_OF_TIME] * 2
    assert request.source.in_flight == 0


async def test_one_that_waits_may_be_cut_alone():
    request = Request(After(0.1, Success(b"1")))
    calls = [request.call(), request.call()]
    tasks = [asyncio.ensure_future(request.once(call)) for call in calls]
    await asyncio.sleep(0.01)

    calls[1].cut(Failure(Cause.OUT_OF_TIME))

    assert (await tasks[1]).cause is Cause.OUT_OF_TIME
    assert (await tasks[0]).body == b"1"


async def test_bug_in_the_one_that_was_sent_leaves_nobody_waiting():
    request = Request(LookupError())
    tasks = [asyncio.ensure_future(request.once(request.call())) for _ in range(2)]

    with pytest.raises(LookupError):
        await tasks[0]
    assert (await tasks[1]).cause is Cause.INTERNAL


async def test_cancelling_the_one_that_was_sent_leaves_nobody_waiting():
    request = Request(Hang())
    tasks = [asyncio.ensure_future(request.once(request.call())) for _ in range(2)]
    await asyncio.sleep(0.01)

    tasks[0].cancel()

    assert isinstance(await tasks[1], Failure)


async def test_bytes_are_counted_once_because_they_are_held_once():
    request = Request(Success(b"1"))
    calls = [request.call(), request.call()]
    calls[0].held = 3  # what the source counted

    for call in calls:
        await request.once(call)

    assert [call.held for call in calls] == [3, 0]


async def test_siblings_of_a_call_that_was_cut_alone_ask_for_themselves():
    request = Request(Hang(), After(0.1, Success(b"2")))
    first = request.call()
    leading = asyncio.ensure_future(request.once(first))
    await asyncio.sleep(0)
    others = [asyncio.ensure_future(request.once(request.call())) for _ in range(2)]
    await asyncio.sleep(0.01)

    first.cut(Failure(Cause.OUT_OF_TIME, "another item of the list failed"))

    assert (await leading).cause is Cause.OUT_OF_TIME
    assert [(await other).body for other in others] == [b"2", b"2"]
    assert (await request.once(request.call())).body == b"2"
    assert len(request.source.calls) == 2
