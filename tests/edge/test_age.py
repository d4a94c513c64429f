"""Only a copy has an age."""

import pytest

from gateway.edge.age import age_line
from gateway.outcome import Cause, Failure, Freshness, Success


@pytest.mark.parametrize("freshness", [Freshness.CACHED, Freshness.STALE])
def test_copy_tells_its_age(freshness):
    assert age_line(Success(b"1", freshness, meta={b"age": b"3"})) == b"age: 3\r\n"


@pytest.mark.parametrize(
    "outcome",
    [
        None,
        Failure(Cause.FAILED),
        Success(b"1"),
        Success(b"1", meta={b"age": b"3"}),
        Success(b"1", Freshness.FALLBACK, Cause.FAILED),
    ],
    ids=["not chosen", "failure", "live", "live from a cache further up", "fallback"],
)
def test_what_is_no_copy_has_no_age(outcome):
    assert age_line(outcome) == b""
