"""Cells are short, and never say more than is true."""

import pytest

from gateway.top import cells


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0/s"),
        (0.04, "<0.1/s"),
        (3.14, "3.1/s"),
        (9.96, "10/s"),
        (999.4, "999/s"),
        (1234, "1.2k/s"),
        (25_000, "25k/s"),
    ],
)
def test_rate_has_a_tenth_where_it_matters(value, text):
    assert cells.rate(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0%"), (0.0004, "<0.1%"), (0.123, "12.3%"), (0.9999, ">99.9%"), (1.0, "100%")],
)
def test_share_never_rounds_to_all_or_nothing(value, text):
    assert cells.share(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0004, "0.4 ms"),
        (0.0099, "9.9 ms"),
        (0.037, "37 ms"),
        (0.9996, "1.00 s"),
        (1.25, "1.25 s"),
        (75.2, "75 s"),
    ],
)
def test_duration_has_its_unit(value, text):
    assert cells.duration(value) == text


@pytest.mark.parametrize(("value", "text"), [(3.21, "3.2 s"), (9.96, "10 s"), (59.6, "60 s")])
def test_countdown_has_tenths_at_its_end(value, text):
    assert cells.countdown(value) == text


@pytest.mark.parametrize(("used", "slots", "text"), [(3, 1000, "3/1000"), (3, None, "3")])
def test_occupied_names_the_bound_where_there_is_one(used, slots, text):
    assert cells.occupied(used, slots) == text


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (1.25, "1.2"), (12.5, "12")])
def test_tokens_of_no_budget_are_unknown(value, text):
    assert cells.tokens(value) == text


def test_escape_sequences_do_not_reach_the_terminal():
    assert cells.plain("a\x1b[2Jb\x9b1m\r\n\u202eé") == "a?[2Jb?1m???é"
