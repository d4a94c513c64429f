"""Every metric is named once, in one style, and says what it is."""

import re

from gateway.telemetry import names
from gateway.telemetry.names import Kind, Name

ALL = [value for value in vars(names).values() if isinstance(value, Name)]


def test_names_are_unique_and_begin_with_the_project():
    assert len({name.name for name in ALL}) == len(ALL)
    assert all(re.fullmatch("gateway(_[a-z]+)+", name.name) for name in ALL)


def test_histograms_say_their_unit():
    assert all(name.name.endswith("_seconds") for name in ALL if name.kind is Kind.HISTOGRAM)


def test_help_is_a_sentence():
    assert all(name.help.endswith(".") for name in ALL)


def test_o5_no_label_can_hold_a_path_or_an_id():
    allowed = {
        "route",
        "status",
        "degraded",
        "step",
        "served",
        "cause",
        "upstream",
        "state",
        "old",
        "new",
        "reason",
        "kind",
        "result",
        "address",
        "priority",
        "store",
        "version",
        "ending",
        "way",
    }

    assert {label for name in ALL for label in name.labels} <= allowed
