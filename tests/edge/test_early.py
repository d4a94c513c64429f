"""Parts go out as they become ready, in virtual time; the bytes of both forms."""

import asyncio

from gateway.edge.early import KEEP_ALIVE, EarlyAnswer
from gateway.edge.formats import FORMATS
from gateway.edge.outlet import outlet_of
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.parts import Part
from gateway.timers import Timers
from tests.support.asgi import AsgiClient


class Run:
    """What is asked of a run: its outcomes, which the test sets."""

    def __init__(self, steps):
        self.outcomes = [None] * steps
        self.plan = self
        self.steps = [None] * steps
        self.failure = None


def body(index):
    return lambda run: run.outcomes[index].body if isinstance(run.outcomes[index], Success) else b"null"


class Answering:
    def __init__(self, form="ndjson", parts=None):
        self.client = AsgiClient()
        self.timers = Timers(asyncio.get_running_loop())
        self.run = Run(2)
        self.early = EarlyAnswer(
            self.run,
            parts or [Part("a", (0,), body(0)), Part("b", (1,), body(1))],
            FORMATS[form],
            outlet_of(self.client.scope, self.client.send),
            200,
            [],
            self.timers.of(KEEP_ALIVE),
        )

    async def ends(self, index, outcome):
        self.run.outcomes[index] = outcome
        self.early.step_ended(index)
        for _ in range(3):
            await asyncio.sleep(0)
        return self.client.body


async def test_part_is_on_its_way_three_turns_of_the_loop_after_its_step():
    answering = Answering()

    assert await answering.ends(1, Success(b'{"x":\n1}')) == b'{"part":"b","served":"live","data":{"x": 1}}\n'
    await answering.ends(0, Success(b"[]", Freshness.STALE, Cause.TIMEOUT))
    await answering.early.end(b'"end":"degraded"')

    assert answering.client.body.splitlines()[1:] == [
        b'{"part":"a","served":"stale","cause":"timeout","data":[]}',
        b'{"end":"degraded"}',
    ]
    assert not answering.client.sent[-1]["more_body"]


async def test_nothing_goes_out_while_the_answer_may_be_a_problem():
    answering = Answering()
    answering.run.failure = ("step", Failure(Cause.TIMEOUT))

    await answering.ends(0, Failure(Cause.TIMEOUT))
    assert not answering.early.started
    answering.run.failure = None
    assert await answering.ends(1, Success(b"1")) == (
        b'{"part":"a","served":"nothing","cause":"timeout","data":null}\n{"part":"b","served":"live","data":1}\n'
    )
    await answering.early.end(b"")


async def test_part_that_waits_for_nothing_goes_out_with_the_first_that_does():
    answering = Answering(parts=[Part("id", (), lambda run: b"7"), Part("b", (1,), body(1))])

    assert not answering.early.started
    assert (await answering.ends(1, Success(b"1"))).startswith(b'{"part":"id","served":"live","data":7}\n')
    await answering.early.end(b"")


async def test_part_that_cannot_be_made_says_why():
    answering = Answering(parts=[Part("", (0,), lambda run: Failure(Cause.UNREADABLE))])

    assert await answering.ends(0, Success(b"1")) == (
        b'{"part":"","served":"nothing","cause":"unreadable","data":null}\n'
    )
    await answering.early.end(b"")


async def test_events_are_kept_alive_by_comments_until_the_end():
    answering = Answering("events")
    await answering.ends(0, Success(b"1"))

    await asyncio.sleep(2 * KEEP_ALIVE + 1)
    await answering.early.end(b'"end":"complete"')

    assert answering.client.body == (
        b'event: part\ndata: {"part":"a","served":"live","data":1}\n\n:\n\n:\n\n'
        b'event: end\ndata: {"end":"complete"}\n\n'
    )
    assert len(answering.timers.of(KEEP_ALIVE)) == 0


async def test_answer_that_is_given_up_sends_no_more():
    answering = Answering("events")
    before = await answering.ends(0, Success(b"1"))

    answering.early.close()

    assert await answering.ends(1, Success(b"1")) == before
    assert len(answering.timers.of(KEEP_ALIVE)) == 0
