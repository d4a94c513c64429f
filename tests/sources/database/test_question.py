"""A coroutine that is awaited without a task, and can be ended from outside."""

import asyncio

import pytest

from gateway.plan.flight import Flight
from gateway.sources.database.question import Question


def begun(coroutine):
    """A question under way in a flight, and the list that its end goes to."""
    question, ends = Question(coroutine), []

    async def run():
        try:
            ends.append(await question)
        except BaseException as error:
            ends.append(error)

    Flight(run())
    return question, ends


async def waits_for(*futures, log=None):
    """Await one future after the other; the sum of their results."""
    try:
        return sum([await future for future in futures])
    except asyncio.CancelledError:
        if log is not None:
            log.append("cancelled")
        raise


def futures(count):
    return [asyncio.get_running_loop().create_future() for _ in range(count)]


async def turn():
    for _ in range(3):
        await asyncio.sleep(0)


async def test_it_gives_what_the_coroutine_returns():
    first, second = futures(2)
    question, ends = begun(waits_for(first, second))
    first.set_result(1)
    await turn()
    assert not question.done()
    second.set_result(2)
    await turn()

    assert ends == [3]
    assert question.done()


async def test_it_raises_what_the_coroutine_raises():
    (first,) = futures(1)
    _, ends = begun(waits_for(first))
    first.set_exception(OSError("lost"))
    await turn()

    assert [type(end) for end in ends] == [OSError]


async def test_a_coroutine_that_waits_for_nothing_is_over_at_once():
    question, ends = begun(waits_for())

    assert ends == [0]
    assert question.done()
    question.set_result(None)
    assert not question.was_cut


async def test_to_end_it_is_to_cancel_what_it_waits_for():
    first, second = futures(2)
    log = []
    question, ends = begun(waits_for(first, second, log=log))
    question.set_result("a failure")
    await turn()

    assert (first.cancelled(), second.cancelled(), question.was_cut, log) == (
        True,
        False,
        True,
        ["cancelled"],
    )
    assert [type(end) for end in ends] == [asyncio.CancelledError]


async def test_it_is_ended_also_when_what_it_waits_for_is_just_done():
    """Found by a storm of cuts: the answer to `set …` was there, and `select pg_sleep(10)` was sent."""
    first, second = futures(2)
    log = []
    question, ends = begun(waits_for(first, second, log=log))
    first.set_result(1)
    question.set_result("a failure")
    await turn()

    assert ([type(end) for end in ends], log) == ([asyncio.CancelledError], ["cancelled"])


async def test_a_task_that_is_cancelled_cancels_what_it_waits_for():
    (first,) = futures(1)

    async def run():
        return await Question(waits_for(first))

    task = asyncio.ensure_future(run())
    await turn()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert first.cancelled()


async def test_a_flight_that_is_cancelled_cancels_what_it_waits_for():
    (first,) = futures(1)

    async def run():
        await Question(waits_for(first))

    flight = Flight(run())
    flight.cancel()
    await turn()

    assert first.cancelled()
