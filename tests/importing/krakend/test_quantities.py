"""Durations are read as Go reads them."""

import pytest

from gateway.config.units import duration
from gateway.importing.krakend.quantities import go_duration, written


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("200ms", 0.2),
        ("1m30s", 90),
        ("1.5h", 5400),
        ("500us", 0.0005),
        ("500µs", 0.0005),
        (".5s", 0.5),
        ("+2s", 2),
        ("0s", None),
        ("-1s", None),
        ("3000", None),
        ("2 s", None),
        ("", None),
        ("1d", None),
    ],
)
def test_durations_are_gos(text, seconds):
    assert go_duration(text) == seconds


@pytest.mark.parametrize("seconds", [0.0001, 0.792, 1.98, 1.7, 90, 5400, 2 * 0.85])
def test_durations_are_written_as_we_read_them(seconds):
    assert duration(written(seconds)) == pytest.approx(seconds)
