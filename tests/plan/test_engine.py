"""What all runs share: the loop is that of the timers, also if they get it later."""

import asyncio

import pytest

from gateway.buffered import Buffered
from gateway.plan.background import Background
from gateway.plan.engine import Engine, floor_of
from gateway.plan.flight import Flight
from gateway.timers import Timers


def no_time():
    return 0.0


async def test_loop_is_the_one_that_the_timers_get_later():
    timers = Timers()
    engine = Engine(timers, Buffered(1), Background(), no_time)

    timers.loop = asyncio.get_running_loop()

    assert engine.loop is asyncio.get_running_loop()


def test_steps_fly_unless_something_else_is_asked_for():
    def spawn(coroutine):
        raise NotImplementedError

    assert Engine(Timers(), Buffered(1), Background(), no_time).spawn is Flight
    assert Engine(Timers(), Buffered(1), Background(), no_time, spawn).spawn is spawn


@pytest.mark.parametrize(("limit", "floor"), [(0.1, 0.005), (0.4, 0.02), (2.0, 0.02), (60.0, 0.02)])
def test_nothing_starts_in_the_last_twentieth_of_a_limit_or_the_last_20_ms(limit, floor):
    assert floor_of(limit) == pytest.approx(floor)
