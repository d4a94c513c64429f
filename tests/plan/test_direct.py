"""Calls made directly end as their plain form does: same outcomes, same times, everything given back."""

import asyncio
import logging

import pytest

from gateway.plan.direct import Direct
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.recordings import KeptRecordings, recorded_trace
from tests.support.scenes import played, scene_of
from tests.support.seeded import seeded

__all__ = ["seeded"]

KINDS = {
    "any": {},
    "hedged": {"hedged": 0.043, "budget": 2.0, "repeatable": True},
    "adaptive": {"adaptive": True, "ramped": False},
    "adaptive and hedged": {"adaptive": True, "hedged": "live", "budget": 2.0, "repeatable": True},
    "several addresses": {"addresses": 3, "ramped": False},
    "two in turns": {"addresses": 2, "turns": True},
    "all three": {"addresses": 2, "adaptive": True, "hedged": 0.043, "budget": 2.0, "repeatable": True},
}


@pytest.mark.parametrize("kind", KINDS)
def test_direct_calls_end_as_plain_ones_do(kind, seeded, caplog):
    caplog.set_level(logging.CRITICAL)  # bugs are part of the scenes
    for _ in range(500 if kind == "any" else 100):
        scene = scene_of(seeded, **KINDS[kind])
        assert played(scene, direct=True) == played(scene, direct=False), scene


async def test_call_that_cannot_be_direct_after_all_leaves_nothing_in_a_recording():
    loop = asyncio.get_running_loop()
    direct = Direct(
        Unready(),
        clock=loop.time,
        timers=Timers(loop),
        circuit=None,
        bulkhead=None,
        attempts=None,
        calls=None,
    )
    call = make_call()
    call.trace = recorded_trace(KeptRecordings(), loop.time)

    assert direct.begin(call, None, 0) is None
    assert call.trace.recording.records == []


class Unready:
    """A wire for which every call would have to wait."""

    def begin(self, *_):
        return None
