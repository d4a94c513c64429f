"""Three machines under load: what clients see when one of them is slow, dies, fails a little, or comes back.

No retries: every failure of a machine is a failure that a client sees.
"""

import asyncio
from itertools import pairwise

import pytest

from tests.support.fleet import Fleet, failed

pytestmark = pytest.mark.slow


async def test_equal_machines_get_equal_shares_within_5_percent():
    _, hits = await Fleet().traffic(300, 40)

    assert max(hits) <= 1.05 * sum(hits) / 3
    assert min(hits) >= 0.95 * sum(hits) / 3


async def test_machine_that_is_ten_times_as_slow_gets_few_calls():
    fleet = Fleet()
    fleet.machines[0].takes = 0.2

    outcomes, hits = await fleet.traffic(300, 20)

    assert failed(outcomes) == []
    assert hits[0] / sum(hits) < 0.15


async def test_dead_machine_is_ejected_and_the_others_take_over():
    fleet = Fleet()
    await fleet.traffic(200, 2)
    fleet.machines[0].dies()

    outcomes, hits = await fleet.traffic(200, 12)

    assert len(failed(outcomes)) <= 13  # ten in a row open it, and what was under way
    assert sum(hits) == len(outcomes)
    assert str(fleet.breakers[0].circuit.state) in {"open", "half_open"}


async def test_machine_that_dies_under_load_costs_ten_failures_and_what_was_under_way():
    fleet = Fleet()
    for machine in fleet.machines:
        machine.takes = 0.1
    fleet.machines[0].dies()

    outcomes, _ = await fleet.traffic(300, 3)

    assert len(failed(outcomes)) <= 15


async def test_machine_that_hangs_holds_few_calls():
    fleet = Fleet()
    fleet.machines[0].hangs()

    outcomes, _ = await fleet.traffic(200, 5)

    assert len(failed(outcomes)) <= 20


async def test_machine_that_recovers_gets_its_share_back_step_by_step():
    fleet = Fleet(slow_start=10.0)
    fleet.machines[0].dies()
    await fleet.traffic(200, 12)
    fleet.machines[0].recovers()
    while str(fleet.breakers[0].circuit.state) != "closed":
        await fleet.traffic(200, 0.5)
    shares = []
    for _ in range(6):
        outcomes, hits = await fleet.traffic(200, 2)
        assert failed(outcomes) == []
        shares.append(hits[0] / sum(hits))

    assert shares[0] < 0.12
    assert max(later - earlier for earlier, later in pairwise(shares)) < 0.12
    assert 0.28 < shares[-1] < 0.39


async def test_machine_that_stays_dead_is_probed_by_few_calls():
    fleet = Fleet()
    fleet.machines[0].dies()
    await fleet.traffic(200, 12)

    outcomes, _ = await fleet.traffic(200, 60)

    assert len(failed(outcomes)) <= 3 * 5  # three probes at once, after 10, 20 and 40 s


async def test_machine_that_fails_a_fifth_of_its_calls_is_mostly_left_alone():
    fleet, alone = Fleet(), Fleet(max_ejected=0.0)
    for each in (fleet, alone):
        each.machines[0].failing = 0.2
    outcomes, _ = await fleet.traffic(200, 60)
    without, _ = await alone.traffic(200, 60)

    assert len(failed(outcomes)) < 0.4 * len(failed(without))


async def test_upstream_that_fails_as_a_whole_is_left_alone_as_a_whole():
    fleet = Fleet()
    for machine in fleet.machines:
        machine.dies()

    outcomes, hits = await fleet.traffic(200, 60)

    assert sum(hits) / len(outcomes) < 0.02


async def test_calls_that_are_cancelled_leave_nothing_pending():
    fleet = Fleet()
    calls = [asyncio.ensure_future(fleet.call()) for _ in range(300)]
    for call in calls:
        await asyncio.sleep(0.001 * fleet.random())
        if fleet.random() < 0.5:
            call.cancel()
    await asyncio.wait(calls)

    assert [address.pending for address in fleet.balance.addresses] == [0, 0, 0]
    assert [bulkhead.in_use for bulkhead in fleet.bulkheads] == [0, 0, 0]
