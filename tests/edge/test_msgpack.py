import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.msgpack import to_msgpack

NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_what_comes_back_is_what_was_there(value):
    assert msgspec.msgpack.decode(to_msgpack(json.dumps(value).encode())) == value


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**40])
def test_integer_that_is_too_large_is_text(number):
    body = json.dumps({"a": [number, 1]}).encode()

    assert msgspec.msgpack.decode(to_msgpack(body)) == {"a": [str(number), 1]}
