"""What became of a request is read off its answer; shares and times are those of the clients that stayed."""

import json
from math import inf

import pytest

from bench.faults.seen import Kind, Record, figures, kind_of, slices

WHOLE = {"basic_info": {"id": 1}, "order_summary": {"count": 1}, "recommendations": [{"sku": "a"}]}


def answer(degraded=None, **parts):
    said = {"user_id": 1, "profile": {**WHOLE, **parts}}
    return json.dumps(said | ({"degraded": degraded} if degraded else {})).encode()


def record(kinds, took=None, rate=10.0):
    return Record(rate, kinds, took or [0.01 * (number + 1) for number in range(len(kinds))])


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, answer(), Kind.COMPLETE),
        (200, answer(degraded={"order_summary": {"served": "stale"}}), Kind.STALE),
        (200, answer(order_summary=None), Kind.PARTIAL),
        (200, answer(recommendations=[]), Kind.PARTIAL),
        (200, answer(degraded={"recommendations": {}}, recommendations=[]), Kind.PARTIAL),
        (200, b'{"profile": {"basic_info": {"id": 1}}}', Kind.PARTIAL),
        (200, b"not JSON", Kind.PARTIAL),
        (502, answer(), Kind.REFUSED),
    ],
)
def test_kind_of_an_answer(status, body, kind):
    assert kind_of(status, body) is kind


def test_clients_that_left_are_part_of_no_share():
    assert record("cchhp").share(Kind.COMPLETE) == pytest.approx(2 / 3)


def test_run_that_everybody_left_counts_as_well():
    assert record("hh").share(Kind.COMPLETE) == 1


def test_request_without_an_answer_took_for_ever():
    assert record("ccccl").slowest(0.5, 0.99) == [0.03, inf]


def test_client_that_left_took_no_time_at_all():
    assert record("ch", took=[0.01, 9.0]).slowest(1.0) == [0.01]


def test_what_was_due_before_does_not_count():
    assert record("eeccc").since(0.2).kinds == "ccc"
    assert record("eeccc").since(-0.2).kinds == "eeccc"


def test_errors_are_told_with_the_time_that_they_were_due():
    assert record("ceclc").due(Kind.REFUSED, Kind.LOST) == [0.1, 0.3]


def test_figures_tell_success_useful_and_complete_apart():
    found = figures(record("ccspe"), {"users": 2.0, "orders": 1.0})

    assert (found.success, found.useful, found.complete) == (0.8, 0.6, 0.4)
    assert found.all_hits == 3.0


def test_slices_cover_the_run():
    found = list(slices(record("ccccc"), 0.2))

    assert [(begins, piece.kinds) for begins, piece in found] == [(0.0, "cc"), (0.2, "cc"), (0.4, "c")]
