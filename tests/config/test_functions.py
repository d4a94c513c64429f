"""``python:`` in a step becomes an upstream of its own."""

import pytest

from gateway.config import load_text
from tests.config.sample import faults_of

STEPS = "upstreams: {{ {} }}\nroutes: {{ GET /x: {{ steps: {{ {} }} }} }}\n"


def loaded(steps, upstreams="", **environ):
    return load_text(STEPS.format(upstreams, steps), environ).config


def test_each_function_is_one_upstream_however_often_steps_name_it():
    config = loaded("a: { python: p.m:f }, b: { python: p.m:f }, c: { python: p.m:g, with: [1] }")

    assert {name: each.python for name, each in config.upstreams.items()} == {
        "python-p-m-f": "p.m:f",
        "python-p-m-g": "p.m:g",
    }
    steps = config.routes["GET /x"].steps
    assert [step.upstream for step in steps.values()] == ["python-p-m-f", "python-p-m-f", "python-p-m-g"]
    assert steps["c"].with_ == [1]
    assert steps["c"].inline is None


def test_an_upstream_of_that_name_is_left_alone():
    config = loaded("a: { python: p:f }", '"python-p-f": { url: http://a }')

    assert [each.kind for each in config.upstreams.values()] == ["http", "python"]


def test_defaults_for_upstreams_hold_for_functions_too():
    text = "defaults: { upstream: { timeout: 300ms, http2: on } }\n" + STEPS.format("", "a: { python: p:f }")

    upstream = load_text(text, {}).config.upstreams["python-p-f"]
    assert (upstream.timeout, upstream.http2) == (0.3, False)


def test_functions_come_from_the_environment_by_the_name_of_the_variable():
    config = loaded('a: { python: "${M}:f" }', M="secret.module")

    assert list(config.upstreams) == ["python-M-f"]
    assert config.upstreams["python-M-f"].python == "secret.module:f"


@pytest.mark.parametrize("written", ["f", "p:", ":f", "p/m:f", "p.m:f()", "p m:f", "p..m:f"])
def test_what_is_no_function_is_a_fault(written):
    assert faults_of(loaded, f'a: {{ python: "{written}" }}') == [f"python: `{written}` is not a function"]


def test_no_more_is_made_of_a_configuration_without_functions():
    config = load_text("upstreams: {}\nroutes: { GET /x: { steps: { a: { value: 1 } } } }", {}).config

    assert config.upstreams == {}


def test_an_undo_may_be_a_function_and_never_a_value():
    config = loaded("a: { post: u, json: {}, undo: { python: p:f } }", "u: { url: http://a }")

    assert config.routes["GET /x"].steps["a"].undo.upstream == "python-p-f"
    assert faults_of(loaded, "a: { post: u, undo: { value: 1 } }", "u: { url: http://a }") == [
        "`value` makes no call, so it undoes nothing"
    ]
