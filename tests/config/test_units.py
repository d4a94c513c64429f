import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.faults import Wrong
from gateway.config.units import duration, duration_text, ratio, ratio_text, size, size_text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("250ms", 0.25), ("1.5s", 1.5), ("2m", 120.0), ("1h", 3600.0), ("300ms", 0.3), ("0.5ms", 0.0005)],
)
def test_duration_is_read_in_seconds(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "count"),
    [("64KiB", 65536), ("5MiB", 5 * 2**20), ("5MB", 5_000_000), ("1B", 1), ("1.5KiB", 1536), ("1GB", 10**9)],
)
def test_size_is_read_in_bytes(text, count):
    assert size(text) == count


@pytest.mark.parametrize(
    ("value", "number"), [(0.5, 0.5), ("50%", 0.5), (1, 1.0), (0, 0.0), ("12.5%", 0.125)]
)
def test_ratio_is_read_as_a_number(value, number):
    assert ratio(value) == number


@pytest.mark.parametrize("read", [duration, size])
@pytest.mark.parametrize("value", [300, 0.5, "300", 1.0])
def test_bare_number_is_asked_for_its_unit(read, value):
    with pytest.raises(Wrong, match="what\\?"):
        read(value)


@pytest.mark.parametrize("read", [duration, size])
@pytest.mark.parametrize("value", [-1, "-1", "-1s", "-5MiB", "-0.5"])
def test_negative_is_refused(read, value):
    with pytest.raises(Wrong, match="negative"):
        read(value)


@pytest.mark.parametrize(("read", "value"), [(duration, "0s"), (duration, "0.0ms"), (size, "0B")])
def test_zero_is_refused(read, value):
    with pytest.raises(Wrong, match="not above zero"):
        read(value)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (duration, "1d"), (duration, "1 s"), (duration, "1S"), (duration, "s"), (duration, ""),
        (duration, None),
        (duration, True), (duration, [1]), (duration, "1m30s"), (duration, "١s"),
        (size, "5mb"), (size, "5M"),
        (size, "5 MiB"), (size, {}), (ratio, "half"), (ratio, True), (ratio, None), (ratio, "%"), (ratio, []),
    ],
)  # fmt: skip
def test_what_is_no_quantity_is_refused(read, value):
    with pytest.raises(Wrong, match="is not a"):
        read(value)


@pytest.mark.parametrize("value", [1.5, -0.1, "101%"])
def test_ratio_beyond_one_is_refused(value):
    with pytest.raises(Wrong, match="between 0 and 1"):
        ratio(value)


def test_endless_duration_is_refused():
    with pytest.raises(Wrong, match="too large"):
        duration("9" * 400 + "h")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "250ms"), (1.0, "1s"), (1.5, "1.5s"), (60.0, "60s"), (120.0, "2m"), (3600.0, "1h"), (90.0, "90s"),
     (math.inf, "off")],
)  # fmt: skip
def test_duration_is_shown_as_people_write_it(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(1, "1B"), (65536, "64KiB"), (5_000_000, "5MB"), (2**29, "512MiB")]
)
def test_size_is_shown_as_people_write_it(count, text):
    assert size_text(count) == text


@given(st.integers(1, 10**8))
def test_what_is_shown_reads_back_as_the_same(number):
    assert duration(duration_text(number / 1000)) == pytest.approx(number / 1000)
    assert size(size_text(number)) == number
    assert ratio_text(0.5) == "0.5"
