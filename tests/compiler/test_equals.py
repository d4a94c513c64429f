"""Steps that might ask the same, and those that never can."""

import pytest

from gateway.compiler.equals import steps_with_equals
from gateway.config import EnvText, StepSpec


def step(path="a/{id}", upstream="users", **rest):
    return StepSpec(upstream=upstream, path=path, **rest)


def with_query(**pairs):
    return step("a", query=tuple(pairs.items()))


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        (step("a/{id}"), step("a/{other}"), True),
        (step("a/{id}"), step("a/1"), True),
        (step("a/x{id}"), step("a/{other}y"), True),
        (step("a/x{id}"), step("a/y{id}"), False),
        (step("a/x{id}"), step("a/y"), False),
        (step("{a}/b"), step("c/b"), True),
        (step("{a}/b"), step("c/d"), False),
        (step("a/{id}"), step("b/{id}"), False),
        (step("a/{id}"), step("a/{id}/orders"), False),
        (step("a/{id}/x"), step("a/{id}/{y}"), True),
        (step("a"), step("a/{id}"), False),
        (step("a/{rest}"), step("a/{id}/orders"), True),
        (step("a/{query.rest:path}"), step("a/b/c/d"), True),
        (step("a/{rest}"), step("b/{id}/orders"), False),
        (step("a/{id}/b"), step("a/{rest}"), True),
        (step("a/{id|'x/y'}"), step("a/b/c"), False),
        (step("{"), step("{"), True),
        (step(""), step(""), True),
        (with_query(x="{y}"), with_query(), True),
        (with_query(x="1"), with_query(), False),
        (with_query(x="1"), with_query(x="2"), False),
        (with_query(x="1"), with_query(x="{y}"), True),
        (step(headers={"A": "1"}), step(headers={"a": "1"}), True),
        (step(headers={"A": "1"}), step(), False),
        (step(headers={"tracestate": "1"}), step(), True),
        (step(headers={"a": EnvText("1", "${A}", "1")}), step(headers={"a": "1"}), True),
        (step(json={"a": 1}), step(), True),
        (step(), step(upstream="orders"), False),
        (step(), step(method="HEAD"), False),
        (step(), step(nothing_on=frozenset({404})), False),
        (step(method="POST"), step(method="POST"), False),
        (step(method="POST", repeatable=True), step(method="POST", repeatable=True), True),
    ],
)
def test_steps_whose_calls_may_be_equal_are_known(one, other, may_be):
    steps = {"one": one, "other": other, "third": step("zzz", upstream="recs")}

    assert steps_with_equals(steps, {"id": "int", "rest": "path"}) == ({"one", "other"} if may_be else set())
    steps = {"other": other, "one": one}
    assert steps_with_equals(steps, {"id": "int", "rest": "path"}) == ({"one", "other"} if may_be else set())


def test_step_that_names_its_own_key_has_no_equals():
    cached = step(cache={"ttl": "5s", "key": ["{id}"]})

    assert steps_with_equals({"one": cached, "other": step()}, {}) == set()
