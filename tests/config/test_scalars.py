import pytest

from gateway.config.faults import Wrong
from gateway.config.scalars import resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("true", True), ("True", True), ("false", False),
        ("0", 0), ("-7", -7), ("18446744073709551615", 2**64 - 1), ("1.50", 1.5), ("1e3", 1000.0),
        ("-0.5E-1", -0.05),
    ],
)  # fmt: skip
def test_json_values_are_values(text, value):
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    ["off", "on", "yes", "no", "y", "nUll", "012", "0x1f", "0o14", "1_000", "+1", ".5", "1.", ".inf", ".nan",
     "2026-11-21", "12:30:45", "300ms", "1e", "--1"],
)  # fmt: skip
def test_everything_else_is_text(text):
    assert resolve(text) == text


@pytest.mark.parametrize(
    "text", ["1e999", "-1e999", "18446744073709551616", "-9223372036854775809", "9" * 5000]
)
def test_number_that_json_cannot_carry_is_refused(text):
    with pytest.raises(Wrong, match="too large a number"):
        resolve(text)
