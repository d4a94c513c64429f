"""Timelines are in order, name services and variants that exist, and say faults that the services know."""

import pytest

from bench.faults.scenarios import ALONE, SCENARIOS, SERVICES, Deed
from bench.faults.variants import chosen
from services.mock.faults import Fault

each = pytest.mark.parametrize("scenario", [*SCENARIOS, *ALONE], ids=lambda scenario: scenario.name)


@each
def test_acts_are_in_the_order_of_time_and_within_the_run(scenario):
    times = [act.at for act in scenario.acts]

    assert times == sorted(times)
    assert all(time < scenario.seconds for time in [*times, *scenario.hang_ups])


@each
def test_acts_are_on_services_that_exist_with_faults_they_know(scenario):
    for act in scenario.acts:
        assert set(act.services) <= set(SERVICES)
        assert (act.fault is not None) is (act.deed is Deed.FAULT)
        if act.fault:
            Fault(**act.fault)


@each
def test_variants_that_are_named_exist(scenario):
    assert len(chosen(list(scenario.only))) > 0


def test_names_and_titles_are_told_apart():
    both = [*SCENARIOS, *ALONE]

    assert (
        len({scenario.name for scenario in both}) == len({scenario.title for scenario in both}) == len(both)
    )
