"""Calls that outlive their request are kept, bounded, and given their time at the end."""

import asyncio

import pytest

from gateway.plan.background import Background
from tests.support.virtual_time import run_virtually


def virtually(scenario):
    def test():
        run_virtually(scenario)

    test.__name__ = scenario.__name__
    return test


def sleeping(seconds):
    return asyncio.ensure_future(asyncio.sleep(seconds))


def now():
    return asyncio.get_running_loop().time()


@virtually
async def test_adopted_call_is_forgotten_when_it_ends():
    background = Background()

    assert background.adopt(sleeping(1.0))

    assert len(background) == 1
    await asyncio.sleep(2.0)
    assert len(background) == 0


@virtually
async def test_there_are_never_more_than_the_limit():
    background = Background(limit=1)
    first, second = sleeping(1.0), sleeping(1.0)

    assert [background.adopt(first), background.adopt(second)] == [True, False]

    await asyncio.wait([first, second])
    third = sleeping(0.0)
    assert background.adopt(third)
    await third


@virtually
async def test_drain_waits_for_the_last_call_and_no_longer():
    background = Background()
    began = now()
    for seconds in (1.0, 3.0, 2.0):
        background.adopt(sleeping(seconds))

    await background.drain(10.0)

    assert now() - began == pytest.approx(3.0)
    assert len(background) == 0


@virtually
async def test_drain_cancels_what_does_not_end_in_time():
    background = Background()
    hanging = sleeping(60.0)
    background.adopt(hanging)
    began = now()

    await background.drain(5.0)

    assert now() - began == pytest.approx(5.0)
    assert hanging.cancelled()


@virtually
async def test_drain_of_nothing_is_done_at_once():
    began = now()

    await Background().drain(5.0)

    assert now() == began
