import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.encodings.table import DECODERS


@pytest.mark.parametrize(
    ("document", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("a:", {"a": None}),
        ("[true, False, yes, no, on, off]", [True, False, "yes", "no", "on", "off"]),
        (
            "[1, -0, 1.50, 1e3, 0x1F, 0o7, 1_000, .5, +1, 007]",
            [1, 0, 1.5, 1e3, "0x1F", "0o7", "1_000", ".5", "+1", "007"],
        ),
        ("['1', \"true\", ! 1]", ["1", "true", "1"]),
        ("2026-11-21", "2026-11-21"),
        ("1: a\ntrue: b", {"1": "a", "true": "b"}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("- a\n- {b: [c]}\n", ["a", {"b": ["c"]}]),
        ("%YAML 1.2\n---\na: 1\n...\n", {"a": 1}),
    ],
)
def test_core_schema_is_read_as_json_would(document, value):
    assert json.loads(DECODERS["yaml"](document.encode(), None)) == value


def test_digits_stay():
    assert DECODERS["yaml"](b"[1.50, 12345678901234567890123]", None) == b"[1.50,12345678901234567890123]"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(codec="ascii", exclude_categories=["Cc"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
)


@given(VALUES)
def test_json_is_yaml(value):
    assert json.loads(DECODERS["yaml"](json.dumps(value).encode(), None)) == value
