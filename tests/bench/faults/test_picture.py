"""The pictures are well-formed, and a column's colours are what became of its requests."""

from math import inf
from xml.etree import ElementTree as ET

from bench.faults import scenarios as at
from bench.faults.picture import STRIP, columns, svg, x_of
from bench.faults.seen import Kind, Record, figures
from bench.faults.trial import Trial
from bench.faults.variants import DEFAULTS, PEER

NAMESPACE = "{http://www.w3.org/2000/svg}"
RATE = 8.0


def trial(variant, kinds):
    record = Record(RATE, kinds, [0.01] * len(kinds))
    return Trial(variant, at.SLOW, record, figures(record, {"users": 1.0}))


def rectangles(trials, name):
    found = ET.fromstring(svg(trials)).findall(f"{NAMESPACE}rect[@class='{name}']")
    return found[:-1]  # the last one is the legend's


def test_columns_tell_the_share_of_each_kind():
    assert columns(Record(RATE, "ceppp", [0.0] * 5)) == [
        (0.0, [(Kind.COMPLETE, 0.5), (Kind.REFUSED, 0.5)]),
        (0.25, [(Kind.PARTIAL, 1.0)]),
        (0.5, [(Kind.PARTIAL, 1.0)]),
    ]


def test_neighbours_that_are_alike_are_one_rectangle():
    assert len(rectangles([trial(DEFAULTS, "c" * 40)], "complete")) == 1
    assert len(rectangles([trial(DEFAULTS, "c" * 4 + "e" * 4 + "c" * 4)], "complete")) == 2


def test_shares_of_a_column_fill_its_height():
    shown = [trial(DEFAULTS, "ce")]
    highs = [
        float(each.get("height")) for name in ("complete", "refused") for each in rectangles(shown, name)
    ]

    assert sum(highs) == STRIP


def test_trial_that_failed_is_left_out():
    failed = Trial(PEER, at.SLOW, failed="no answer")
    texts = [
        each.text for each in ET.fromstring(svg([trial(DEFAULTS, "cc"), failed])).findall(f"{NAMESPACE}text")
    ]

    assert DEFAULTS.label in texts
    assert PEER.label not in texts


def test_time_without_an_answer_is_endless():
    texts = [each.text for each in ET.fromstring(svg([trial(DEFAULTS, "llll")])).findall(f"{NAMESPACE}text")]

    assert "∞" in texts


def test_times_beyond_the_axis_are_drawn_at_its_end():
    assert x_of(inf) == x_of(2.0) > x_of(1.0)
    assert x_of(0.0) == x_of(0.001)
