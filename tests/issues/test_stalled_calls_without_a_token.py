"""A stalled call whose hedge could not be paid for the moment it was due was never hedged at all.

At p95 one call in twenty asks for a hedge, and most of them end soon after. Where times drift upwards these
used the tokens up, and the stalled ones waited for their end.
"""

import asyncio
import random

import pytest

from tests.layers.test_hedge_under_load import NEVER_OPENS, Load
from tests.support.latency import percentile
from tests.support.virtual_time import VirtualTimeLoop

SEED = 2


async def latencies_while_times_drift():
    chance = random.Random(SEED)
    loop = asyncio.get_running_loop()
    began = loop.time()

    def drifting():
        usual = 0.01 + 0.0005 * (loop.time() - began)
        return 1.0 if chance.random() < 0.01 else usual * chance.uniform(0.5, 1.5)

    load = Load(drifting, rules=NEVER_OPENS)
    extra = await load.run(60)
    await load.assert_idle()
    return load.latencies, max(extra) / 500


@pytest.mark.slow
def test_one_stall_in_a_hundred_is_hedged_while_times_drift():
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        latencies, extra = runner.run(latencies_while_times_drift())

    assert percentile(latencies, 0.99) <= 0.3
    assert extra <= 0.05
