from gateway.layers.turns import Turns
from tests.support.fleet import Fleet


async def test_each_address_has_its_turn():
    fleet = Fleet(policy=Turns)
    first = fleet.pick()

    assert [fleet.pick() for _ in range(5)] == [(first + step) % 3 for step in range(1, 6)]


async def test_many_gateways_begin_with_different_addresses():
    assert {Fleet(policy=Turns, seed=seed).pick() for seed in range(20)} == {0, 1, 2}


async def test_address_that_refuses_is_left_out():
    fleet = Fleet(policy=Turns)
    fleet.trip(1)

    assert fleet.picks(100) == {0: 50, 2: 50}


async def test_call_goes_elsewhere_than_before_if_it_can():
    fleet = Fleet(policy=Turns)
    elsewhere = fleet.picks(10, tried=0b011)
    fleet.trip(2)

    assert set(elsewhere) == {2}
    assert set(fleet.picks(10, tried=0b011)) == {0, 1}


async def test_turn_that_was_put_back_is_the_next_one():
    fleet = Fleet(policy=Turns)
    balance = fleet.balance
    first = balance.pick(0.0)

    balance.put_back(first)

    assert balance.pick(0.0) is first
    assert balance.pick(0.0) is not first


async def test_all_refuse():
    fleet = Fleet(policy=Turns)
    fleet.trip(0, 1, 2)

    assert fleet.pick() is None
