"""Chaos is the same for the same seed, says faults that services know, and ends well."""

from random import Random

import pytest

from bench.faults.chaos import FAULTS, chaos, leavings
from bench.faults.scenarios import Deed
from services.mock.faults import Fault

SEEDS = range(50)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_fault_is_one_that_services_know(fault):
    Fault(**fault)


def test_same_seed_is_the_same_chaos():
    assert chaos(Random(1), 40.0) == chaos(Random(1), 40.0) != chaos(Random(2), 40.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_in_the_end_everything_runs_and_is_well(seed):
    acts = chaos(Random(seed), 40.0)

    dead = set()
    for act in acts:
        if act.deed is Deed.STOP:
            assert dead.isdisjoint(act.services)
            dead.update(act.services)
        elif act.deed is Deed.START:
            dead.difference_update(act.services)
        elif act.deed is Deed.FAULT:
            assert dead.isdisjoint(act.services)
    assert dead == set()
    assert acts[-1].deed is Deed.CLEAR


@pytest.mark.parametrize("seed", SEEDS)
def test_acts_and_leavings_are_in_the_order_of_time(seed):
    times = [act.at for act in chaos(Random(seed), 40.0)]

    assert times == sorted(times)
    assert times[-1] == 40.0
    assert leavings(Random(seed), 40.0, 5) == sorted(leavings(Random(seed), 40.0, 5))
