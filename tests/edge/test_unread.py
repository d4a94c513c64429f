"""A client must take some of what waits for it, or is given up; slow is not gone."""

import asyncio

import pytest

from gateway.edge.bounds import Bounds
from gateway.edge.unread import Unread, reset
from gateway.timers import Timers

TIME = 60.0


class Waiting:
    """A transport with *left* bytes unsent, and the socket that it offers for options."""

    def __init__(self, left=100_000):
        self.left, self.closing, self.aborted, self.options = left, False, False, []

    def get_write_buffer_size(self):
        return self.left

    def is_closing(self):
        return self.closing

    def get_extra_info(self, name):
        return self if name == "socket" else None

    def setsockopt(self, *option):
        self.options.append(option)

    def abort(self):
        self.aborted, self.left = True, 0


class There:
    def __init__(self):
        self.transport, self.given_up, self.excused = Waiting(), 0, False
        timers = Timers(asyncio.get_running_loop())
        self.timer = timers.of(TIME)
        bounds = Bounds(1000, timers.of(1.0), self.timer, lambda _: None, self.note)
        self.unread = Unread(self.transport, bounds, lambda: self.excused)

    def note(self):
        self.given_up += 1


async def test_client_that_takes_nothing_is_given_up_and_counted():
    there = There()
    there.unread.begin()

    await asyncio.sleep(TIME - 1)
    assert not there.transport.aborted
    await asyncio.sleep(2)

    assert there.transport.aborted
    assert there.given_up == 1
    assert len(there.timer) == 0


async def test_client_that_takes_a_little_each_time_is_waited_for():
    there = There()
    there.unread.begin()

    for _ in range(10):
        await asyncio.sleep(TIME / 2)
        there.transport.left -= 1
        await asyncio.sleep(TIME / 2)

    assert not there.transport.aborted
    await asyncio.sleep(2 * TIME)
    assert there.transport.aborted


async def test_time_runs_from_the_first_word_of_it():
    there = There()
    there.unread.begin()
    await asyncio.sleep(TIME - 1)

    there.unread.begin()
    await asyncio.sleep(2)

    assert there.transport.aborted


@pytest.mark.parametrize("closing", [False, True])
async def test_client_that_has_read_is_left_alone(closing):
    there = There()
    there.unread.begin()
    there.transport.closing, there.transport.left = closing, 0

    there.unread.end()
    await asyncio.sleep(3 * TIME)

    assert not there.transport.aborted
    assert len(there.timer) == 0


async def test_rest_that_a_connection_is_closed_with_is_watched_to_the_end():
    there = There()
    there.unread.begin()
    there.transport.closing, there.transport.left = True, 10

    there.unread.end()
    await asyncio.sleep(2 * TIME + 1)

    assert there.transport.aborted


async def test_who_bounds_the_time_himself_is_left_to_it():
    there = There()
    there.excused = True
    there.unread.begin()

    await asyncio.sleep(5 * TIME)
    assert not there.transport.aborted
    there.excused = False
    await asyncio.sleep(TIME + 1)

    assert there.transport.aborted


async def test_connection_that_is_gone_is_forgotten():
    there = There()
    there.unread.begin()

    there.unread.forget()
    await asyncio.sleep(2 * TIME)

    assert (there.transport.aborted, len(there.timer)) == (False, 0)


def test_reset_forgets_what_the_system_has():
    transport = Waiting()

    reset(transport)

    assert transport.aborted
    assert len(transport.options) == 1
