"""Calls that wait for a connection."""

import asyncio

from gateway.outcome import Cause, Failure
from gateway.sources.database.queue import Place, Queue

FULL = Failure(Cause.BULKHEAD_FULL)


def place(queue):
    made = Place(asyncio.get_running_loop().create_future(), lambda: FULL)
    queue.join(made)
    return made


async def test_first_come_first_served_and_who_left_is_passed_over():
    queue = Queue()
    first, second, third, fourth = (place(queue) for _ in range(4))
    queue.leave(first)
    second.future.set_result("cut")

    assert queue.serve("a")
    assert (third.future.result(), fourth.future.done(), len(queue)) == ("a", False, 1)
    assert queue.serve("b")
    assert not queue.serve("c")
    assert (fourth.future.result(), len(queue)) == ("b", 0)
    queue.leave(fourth)


async def test_who_has_waited_long_enough_is_refused_once():
    queue = Queue()
    waits = place(queue)
    waits.expire()
    waits.expire()

    assert waits.future.result() is FULL
    assert not queue.serve("a")
