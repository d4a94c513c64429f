import math

import pytest

from gateway.config import ABSENT
from gateway.config.faults import Wrong
from gateway.config.step import method, nothing_status
from tests.config.sample import faults_of, with_step


def test_defaults_leave_decisions_to_the_compiler():
    step = with_step("{ get: users }")

    assert (step.required, step.timeout, step.repeatable, step.fallback) == (None, None, None, ABSENT)
    assert (step.json, step.form, step.body, step.headers, step.query) == (ABSENT, None, None, {}, ())
    assert step.nothing_on == frozenset()


def test_presence_of_a_fallback_counts_even_if_it_is_null():
    assert with_step("{ get: users, fallback: null }").fallback is None
    assert with_step('{ get: users, fallback: { a: [1, "{query.a}"] } }').fallback == {"a": [1, "{query.a}"]}


def test_method_is_written_in_capitals_or_not():
    assert method("get") == method("GET") == "GET"
    with pytest.raises(Wrong) as caught:
        method("FETCH")
    assert caught.value.hint == "did you mean `PATCH`?"


def test_statuses_that_mean_nothing_are_those_of_failures():
    assert with_step("{ get: users, nothing_on: [404, 410, 404] }").nothing_on == {404, 410}
    assert with_step("{ get: users, nothing_on: off }").nothing_on == frozenset()
    for status in (299, 600, "404", 404.0, True, None):
        with pytest.raises(Wrong):
            nothing_status(status)


def test_timeout_may_be_off():
    assert with_step("{ get: users, timeout: off }").timeout == math.inf
    assert with_step("{ get: users, timeout: 300ms }").timeout == 0.3


@pytest.mark.parametrize(
    "key", ["required", "timeout", "nothing_on", "repeatable", "headers", "form", "body", "query"]
)
def test_key_without_a_value_is_a_fault(key):
    (fault,) = faults_of(with_step, f"\n        post: users\n        {key}:")

    assert "no value" in fault or "mapping" in fault
