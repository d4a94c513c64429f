"""Multiples and ratios are taken round by round, and their spread is kept."""

from dataclasses import replace

import pytest

from bench.figures import Round, Sample, Spread, figures, ratios
from bench.rows import ROWS, VERSUS, Versus, chosen

BARE, GATEWAY = chosen(["gateway-3"])


def rounds(*pairs):
    """Rounds of a row's CPU time and of bare's beside it, in µs."""
    return [
        Round(Sample(cpu * 1e-6, rate=1000.0, p50=0.001, p99=0.002, busy=1.0), bare * 1e-6, number)
        for number, (cpu, bare) in enumerate(pairs, start=1)
    ]


def test_multiple_is_the_median_of_ratios_within_each_round():
    # The machine is twice as slow in the last round; the ratios do not notice.
    taken = {"bare": rounds((20, 20), (20, 20), (40, 40)), "gateway-3": rounds((60, 20), (66, 20), (124, 40))}

    bare, gateway = figures((BARE, GATEWAY), taken, {}, {})

    assert bare.multiple == Spread(1.0, 1.0, 1.0)
    assert gateway.multiple.median == pytest.approx(3.1)
    assert (gateway.multiple.low, gateway.multiple.high) == (pytest.approx(3.0), pytest.approx(3.3))
    assert gateway.sample.cpu == pytest.approx(66e-6)


def test_failed_row_has_its_reason_and_no_figure():
    (gateway,) = figures((GATEWAY,), {"gateway-3": rounds((60, 20))}, {"gateway-3": "3 socket errors"}, {})

    assert gateway.multiple is None
    assert gateway.failed == "3 socket errors"
    assert gateway.on_target is None


def test_row_that_is_left_out_has_not_failed():
    (gateway,) = figures((GATEWAY,), {}, {}, {"gateway-3": "npm is not installed"})

    assert (gateway.left_out, gateway.failed) == ("npm is not installed", "")


def test_no_row_has_a_multiple_when_bare_failed():
    found = figures((BARE, GATEWAY), {}, {"bare": "no answer at all"}, {})

    assert [figure.multiple for figure in found] == [None, None]
    assert all(figure.failed for figure in found)


@pytest.mark.parametrize(("cpu", "kept"), [(59, True), (60, True), (61, False)])
def test_target_is_kept_up_to_its_value(cpu, kept):
    (gateway,) = figures((GATEWAY,), {"gateway-3": rounds((cpu, 20))}, {}, {})

    assert gateway.on_target is kept


def test_ratio_compares_two_rows_within_each_round():
    taken = {"a": rounds((60, 20), (130, 40), (64, 20)), "b": rounds((60, 20), (125, 40), (60, 20))}

    (ratio,) = ratios([Versus("a", "a", "b", target=1.05)], taken)

    assert ratio.spread.median == pytest.approx(1.04)
    assert ratio.on_target is True


def test_ratio_of_a_row_with_several_samples_in_a_round_takes_their_median():
    (first, second, third) = rounds((90, 20), (60, 20), (66, 20))
    often = [replace(each, number=1) for each in (first, second, third)] + rounds((1, 1), (120, 40))[1:]

    (ratio,) = ratios([Versus("a", "a", "b")], {"a": often, "b": rounds((60, 20), (100, 40))})

    assert (ratio.spread.low, ratio.spread.high) == (pytest.approx(1.1), pytest.approx(1.2))


def test_ratio_without_one_of_its_rows_is_not_told():
    assert ratios([Versus("a", "a", "b")], {"a": rounds((60, 20))}) == []


OF_THEIR_OWN = {"gateway-picked", "gateway-renamed", "gateway-selected", "gateway-batch"}
"""Rows that answer otherwise than what they are compared with: that is what is measured."""


def test_every_comparison_is_of_rows_that_exist_and_give_the_same_answer():
    by_name = {row.name: row for row in ROWS}

    for versus in VERSUS:
        row, against = by_name[versus.row], by_name[versus.against]
        assert (row.expected == against.expected) is (row.name not in OF_THEIR_OWN), versus.label


def test_chosen_rows_keep_table_order_and_always_bring_bare():
    names = [row.name for row in chosen(["fastapi-httpx", "gateway-1"])]

    assert names == ["bare", "gateway-1", "fastapi-httpx"]


def test_no_names_choose_every_row():
    assert chosen([]) == ROWS


def test_unknown_row_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no such row: gatway-3; there are bare, "):
        chosen(["gatway-3"])
