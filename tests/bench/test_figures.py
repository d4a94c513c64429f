"""Multiples are taken round by round, and their spread is kept."""

import pytest

from bench.figures import Sample, Spread, figures
from bench.rows import ROWS, chosen

BARE, GATEWAY = chosen(["gateway-3"])


def sample(cpu, rate=1000.0):
    return Sample(cpu=cpu, rate=rate, p50=0.001, p99=0.002, busy=1.0)


def test_multiple_is_the_median_of_ratios_within_each_round():
    # The machine is twice as slow in the last round; the ratios do not notice.
    samples = {
        "bare": [sample(20e-6), sample(20e-6), sample(40e-6)],
        "gateway-3": [sample(60e-6), sample(66e-6), sample(124e-6)],
    }

    bare, gateway = figures((BARE, GATEWAY), samples, {})

    assert bare.multiple == Spread(1.0, 1.0, 1.0)
    assert gateway.multiple.median == pytest.approx(3.1)
    assert (gateway.multiple.low, gateway.multiple.high) == (pytest.approx(3.0), pytest.approx(3.3))
    assert gateway.sample.cpu == pytest.approx(66e-6)


def test_failed_row_has_its_reason_and_no_figure():
    samples = {"bare": [sample(20e-6)], "gateway-3": [sample(60e-6)]}

    _, gateway = figures((BARE, GATEWAY), samples, {"gateway-3": "3 socket errors"})

    assert gateway.multiple is None
    assert gateway.failed == "3 socket errors"
    assert gateway.on_target is None


def test_no_row_has_a_multiple_when_bare_failed():
    samples = {"bare": [sample(20e-6)], "gateway-3": [sample(60e-6)]}

    found = figures((BARE, GATEWAY), samples, {"bare": "no answer at all"})

    assert [figure.multiple for figure in found] == [None, None]


@pytest.mark.parametrize(("cpu", "kept"), [(79e-6, True), (80e-6, True), (81e-6, False)])
def test_target_is_kept_up_to_its_value(cpu, kept):
    _, gateway = figures((BARE, GATEWAY), {"bare": [sample(20e-6)], "gateway-3": [sample(cpu)]}, {})

    assert gateway.on_target is kept


def test_chosen_rows_keep_table_order_and_always_bring_bare():
    names = [row.name for row in chosen(["fastapi-httpx", "gateway-1"])]

    assert names == ["bare", "gateway-1", "fastapi-httpx"]


def test_no_names_choose_every_row():
    assert chosen([]) == ROWS


def test_unknown_row_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no such row: gatway-3; there are bare, "):
        chosen(["gatway-3"])
