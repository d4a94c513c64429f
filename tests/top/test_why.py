"""A request's trouble fits into a few words."""

from gateway.top.why import why
from tests.support.snapshots import bar, request


def test_step_in_trouble_is_named_with_its_cause_and_what_stood_in():
    assert why(request(bar("users"), bar("orders", "stale", "timeout"))) == "orders timeout, stale"


def test_every_step_in_trouble_is_named():
    steps = (bar("orders", "fallback", "circuit_open"), bar("recs", "nothing", "timeout"))

    assert why(request(*steps)) == "orders circuit_open, fallback; recs timeout"


def test_request_that_was_only_slow_names_the_step_it_waited_for():
    assert why(request(bar("users", seconds=0.01), bar("orders", seconds=0.7))) == "orders took 700 ms"


def test_request_without_steps_needs_no_words():
    assert why(request()) == ""
