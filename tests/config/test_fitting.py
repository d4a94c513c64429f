"""The keys of upstreams and steps against the kind they are of."""

from gateway.config.source_kinds import HTTP, SOURCE_KINDS, UPSTREAM_KINDS
from tests.config.sample import faults_of, with_step, with_upstream


def test_a_step_with_a_value_makes_no_call():
    step = with_step("{ value: { a: [1, 2] } }")

    assert (step.value, step.upstream) == ({"a": [1, 2]}, "")


def test_a_call_beside_a_value_is_a_fault():
    message = "`{}` stands beside `value`; a step makes one call, written in one form"

    for key, text in (("get", "users/1"), ("upstream", "users"), ("json", "1"), ("path", "x")):
        assert faults_of(with_step, f"{{ value: 1, {key}: {text} }}") == [message.format(key)]


def test_an_upstream_is_of_one_kind_and_its_kinds_have_names_of_their_own():
    names = [kind.name for kind in SOURCE_KINDS]
    keys = [key for kind in UPSTREAM_KINDS for key in kind.made_by]

    assert len(set(names)) == len(names)
    assert len(set(keys)) == len(keys)


def test_http_upstreams_say_nothing_of_other_kinds():
    assert with_upstream("{ url: http://a }").kind == HTTP.name
