"""Where calls go, one decision at a time; tests/layers/test_balance_in_traffic.py has the whole of it."""

import asyncio

import pytest

from gateway.layers.balance import PendingMeter
from gateway.layers.observe import BUG, CANCELLED
from gateway.outcome import ANOTHER_WON, Cause, Failure, Success
from tests.support.calls import make_call
from tests.support.fleet import DEAD, Fleet
from tests.support.meters import RecordingMeter
from tests.support.sources import Hang


def loaded(*pending, **options):
    fleet = Fleet(len(pending), **options)
    for address, count in zip(fleet.balance.addresses, pending, strict=True):
        address.pending = count
    return fleet


async def test_address_with_the_least_to_do_is_picked():
    assert set(loaded(3, 1, 2).picks(50)) == {1}


async def test_equals_are_drawn_by_lot():
    picks = loaded(2, 5, 2, 2).picks(3000)

    assert sorted(picks) == [0, 2, 3]
    assert all(900 < count < 1100 for count in picks.values())


async def test_address_whose_circuit_refuses_is_not_picked():
    fleet = loaded(9, 0)
    fleet.trip(1)

    assert set(fleet.picks(50)) == {0}


async def test_call_is_refused_only_if_all_addresses_refuse_and_comes_back_when_the_first_may_be_tried():
    fleet = Fleet()
    fleet.trip(0)
    await asyncio.sleep(2.0)
    fleet.trip(1, 2)

    outcome = await fleet.call()

    assert (outcome.cause, outcome.retry_after) == (Cause.CIRCUIT_OPEN, pytest.approx(3.0))
    assert fleet.hits == [0, 0, 0]


async def test_call_goes_to_another_address_than_before():
    fleet = loaded(0, 9, 9)

    assert set(fleet.picks(100, tried=0b001)) == {1, 2}
    assert set(fleet.picks(100, tried=0b011)) == {2}


async def test_call_that_has_been_everywhere_goes_where_least_is_to_do():
    assert set(loaded(4, 2, 3).picks(50, tried=0b111)) == {1}


async def test_retry_and_hedge_go_elsewhere():
    fleet, call = Fleet(), make_call()
    first = asyncio.ensure_future(fleet.call(call))
    await asyncio.sleep(0.001)
    await fleet.call(call.twin())
    await first
    await fleet.call(call)

    assert sorted(fleet.hits) == [0, 1, 2] or sorted(fleet.hits) == [1, 1, 1]
    assert sum(hits > 0 for hits in fleet.hits) >= 2
    assert call.tried.bit_count() == 2


async def test_lot_that_was_put_back_is_drawn_for_the_next_call_and_no_other():
    balance = loaded(2, 2, 2).balance
    last = balance.addresses[2]

    for _ in range(20):
        balance.put_back(last)
        assert balance.pick(0.0) is last

    assert any(balance.pick(0.0) is not last for _ in range(20))


async def test_lot_that_was_put_back_is_void_once_another_address_has_less_to_do():
    balance = loaded(2, 2, 2).balance
    balance.put_back(balance.addresses[2])
    balance.addresses[2].pending += 1

    assert balance.pick(0.0) is not balance.addresses[2]


async def test_meter_of_who_makes_attempts_without_layers_tells_what_the_layer_would():
    fleet, meter = loaded(1), RecordingMeter()
    (address,) = fleet.balance.addresses
    record = PendingMeter(fleet.balance, address, fleet.clock, meter).record

    record(DEAD, 0.1)

    assert (address.pending, address.failures) == (0, 1)
    assert meter.records == [("unreachable", 0.1)]


@pytest.mark.parametrize("ending", [CANCELLED, BUG, ANOTHER_WON])
async def test_attempt_that_was_torn_down_is_no_longer_pending_and_says_nothing(ending):
    fleet = loaded(1)
    (address,) = fleet.balance.addresses
    address.failures = 3

    PendingMeter(fleet.balance, address, fleet.clock, RecordingMeter()).record(ending, 0.1)

    assert (address.pending, address.failures) == (0, 3)


async def test_address_without_a_free_slot_comes_last():
    fleet = loaded(1, 5)
    fleet.bulkheads[0].slots = 1
    fleet.bulkheads[0].take()

    assert set(fleet.picks(50)) == {1}


async def test_address_that_fails_at_once_does_not_draw_all_calls():
    fleet = Fleet(2)
    fleet.machines[0].dies()
    fleet.machines[1].hangs()
    calls = [asyncio.ensure_future(fleet.call()) for _ in range(20)]
    await asyncio.sleep(0.01)
    hits = fleet.hits
    await asyncio.wait(calls)

    assert abs(hits[0] - hits[1]) <= 4


async def test_address_that_failed_is_tried_again_after_a_second():
    fleet = Fleet(2)
    fleet.balance.ended(fleet.balance.addresses[0], DEAD, fleet.now)
    at_once = set(fleet.picks(50))
    await asyncio.sleep(1.0)

    assert (at_once, set(fleet.picks(50))) == ({1}, {0, 1})


async def test_pending_is_given_back_on_every_way_out():
    fleet = Fleet(1)
    for entry in (Success(b"1"), DEAD, Failure(Cause.THROTTLED)):
        fleet.machines[0].down = entry
        assert await fleet.call() is entry
    fleet.machines[0].down = LookupError()
    with pytest.raises(LookupError):
        await fleet.call()
    fleet.machines[0].hangs()
    cancelled, call = asyncio.ensure_future(fleet.call()), make_call()
    cut = asyncio.ensure_future(fleet.call(call))
    await asyncio.sleep(0.001)
    pending = fleet.balance.addresses[0].pending
    cancelled.cancel()
    call.cut(Failure(Cause.OUT_OF_TIME))
    await asyncio.wait([cancelled, cut])

    assert (pending, fleet.balance.addresses[0].pending) == (2, 0)


async def test_circuit_that_opened_while_the_call_queued_sends_it_on_to_the_next():
    fleet = Fleet(2, slots=1)
    first, second = fleet.machines
    first.hangs()
    second.hangs()
    calls = [asyncio.ensure_future(fleet.call()) for _ in range(2)]
    await asyncio.sleep(0.001)
    queued = make_call()
    waiting = asyncio.ensure_future(fleet.call(queued))
    await asyncio.sleep(0.001)
    place = queued.tried.bit_length() - 1
    fleet.trip(place)
    first.recovers()
    second.recovers()
    for call in calls:
        call.cancel()

    assert isinstance(await waiting, Success)
    assert queued.tried == 0b11
    assert fleet.hits[1 - place] == 2


async def test_call_that_was_cut_while_queued_is_not_sent_on():
    fleet = Fleet(2, slots=1)
    for machine in fleet.machines:
        machine.hangs()
    calls = [asyncio.ensure_future(fleet.call()) for _ in range(2)]
    await asyncio.sleep(0.001)
    queued = make_call()
    waiting = asyncio.ensure_future(fleet.call(queued))
    await asyncio.sleep(0.001)
    queued.cut(Failure(Cause.OUT_OF_TIME))

    assert (await waiting).cause is Cause.OUT_OF_TIME
    assert fleet.hits == [1, 1]
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)


async def test_address_on_trial_gets_a_tenth_of_the_picks_of_an_equal():
    fleet = Fleet(2)
    fleet.trip(0)
    await asyncio.sleep(5.0)

    assert 0.02 < fleet.picks(2000)[0] / 2000 < 0.08


async def test_address_that_came_back_has_its_whole_share_after_the_slow_start():
    fleet, shares = Fleet(2, slow_start=10.0), []
    fleet.trip(0)
    fleet.pick()
    fleet.breakers[0].circuit.reset(fleet.now)
    for _ in range(4):
        shares.append(fleet.picks(4000)[0] / 4000)
        await asyncio.sleep(4.0)

    assert shares == pytest.approx([0.05, 0.2, 0.4, 0.5], abs=0.03)


async def test_suspicion_that_came_to_nothing_costs_an_address_none_of_its_share():
    fleet = Fleet(2)
    circuit = fleet.breakers[0].circuit
    circuit.suspect(fleet.now)
    while str(circuit.state) != "closed":
        await fleet.call()

    assert 0.45 < fleet.picks(2000)[0] / 2000 < 0.55


async def test_without_a_slow_start_the_whole_share_is_back_at_once():
    fleet = Fleet(2, slow_start=None)
    fleet.trip(0)
    fleet.pick()
    fleet.breakers[0].circuit.reset(fleet.now)

    assert 0.45 < fleet.picks(2000)[0] / 2000 < 0.55


async def test_slow_start_of_all_addresses_is_none():
    fleet = loaded(3, 1)
    fleet.trip(0, 1)
    fleet.pick()
    for breaker in fleet.breakers:
        breaker.circuit.reset(fleet.now)

    assert set(fleet.picks(50)) == {1}


async def test_outlier_is_left_alone_and_then_starts_slowly():
    fleet = loaded(0, 9)
    bad, good = fleet.balance.addresses
    for _ in range(100):
        fleet.balance.ended(good, Success(b""), fleet.now)
        fleet.balance.ended(bad, Success(b""), fleet.now)
    for _ in range(30):
        fleet.balance.ended(bad, DEAD, fleet.now)
        fleet.balance.ended(bad, Failure(Cause.REJECTED), fleet.now)
    good.pending = 0
    out, ejected = set(fleet.picks(50)), fleet.balance.snapshot(fleet.now)[0].ejected
    await asyncio.sleep(7.0)
    share = fleet.picks(2000)[0] / 2000

    assert (out, ejected) == ({1}, True)
    assert 0.02 < share < 0.08


async def test_outlier_is_better_than_nothing():
    fleet = loaded(0, 0)
    bad, good = fleet.balance.addresses
    for _ in range(100):
        fleet.balance.ended(good, Success(b""), fleet.now)
        fleet.balance.ended(bad, DEAD, fleet.now)
    fleet.trip(1)

    assert fleet.pick() == 0


async def test_upstream_refuses_is_on_trial_and_crowded_only_as_a_whole():
    fleet = Fleet(2, slots=10)
    balance = fleet.balance
    seen = [(balance.refuses(fleet.now), balance.on_trial(), balance.crowded())]
    fleet.trip(0)
    seen.append((balance.refuses(fleet.now), balance.on_trial(), balance.crowded()))
    fleet.bulkheads[1].in_use = 9
    seen.append((balance.refuses(fleet.now), balance.on_trial(), balance.crowded()))
    fleet.trip(1)
    seen.append((balance.refuses(fleet.now), balance.on_trial(), balance.crowded()))

    assert seen == [(False, False, False), (False, False, False), (False, False, True), (True, True, True)]


async def test_snapshot_tells_each_address():
    fleet = Fleet(2)
    fleet.trip(1)
    await fleet.call()

    first, second = fleet.balance.snapshot(fleet.now)

    assert (first.name, first.state, first.pending, first.calls, first.weight) == (
        "10.0.0.0", "closed", 0, 1, 1.0,
    )  # fmt: skip
    assert (second.state, second.calls, second.weight, second.ejected) == ("open", 0, 0.0, False)
    assert repr(fleet.balance) == "<Balance 10.0.0.0: 0 pending, 10.0.0.1: 0 pending>"


async def test_machine_that_hangs_is_hit_by_no_more_than_its_share():
    fleet = Fleet(2)
    fleet.machines[0].down = Hang()
    calls = [asyncio.ensure_future(fleet.call()) for _ in range(10)]
    await asyncio.sleep(0.1)

    assert fleet.hits[0] <= 6
    await asyncio.wait(calls)
