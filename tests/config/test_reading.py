import pytest

from gateway.config import ConfigError, load_text
from tests.config.sample import UPSTREAMS, faults_of, with_route, with_step, with_upstream


def fault_of(read, *args):
    with pytest.raises(ConfigError) as caught:
        read(*args)
    (fault,) = caught.value.faults
    return fault


def test_unknown_key_is_told_at_the_key_with_what_was_meant():
    fault = fault_of(with_upstream, "{ url: http://a, timeuot: 1s }")

    assert fault.message == "unknown key `timeuot` in an upstream"
    assert fault.hint == "did you mean `timeout`?"
    assert fault.place.text[fault.place.column - 1 :].startswith("timeuot")


def test_unknown_key_that_resembles_none_is_told_with_those_there_are():
    assert (
        fault_of(with_route, "merge: { steps: [a], zzz: 1 }").hint == "known here: steps, on_conflict, deep"
    )


def test_edge_that_other_gateways_declare_is_told_how_to_be_said_here():
    assert fault_of(with_step, "{ get: users, depends_on: b }").hint.startswith(
        "a reference such as `{user.id}`"
    )


def test_wrong_value_is_told_at_the_value():
    fault = fault_of(with_upstream, "{ url: http://a, timeout: soon }")

    assert fault.message == "timeout: `soon` is not a duration"
    assert fault.place.text[fault.place.column - 1 :].startswith("soon")


def test_wrong_item_of_a_list_is_told_at_the_item():
    fault = fault_of(with_step, "{ get: users, nothing_on: [404, 200] }")

    assert fault.message.startswith("nothing_on: `200`")
    assert fault.place.text[fault.place.column - 1 :].startswith("200]")


def test_text_that_looks_like_a_number_is_shown_with_its_quotes():
    assert fault_of(with_route, 'status: "200"').message.startswith('status: `"200"`')


def test_long_value_is_cut():
    assert len(fault_of(with_upstream, f"{{ url: {'x' * 1000} }}").message) < 120


def test_value_of_another_shape_is_told_as_such():
    assert fault_of(with_step, "{ get: users, timeout: [1s] }").message == "timeout: this is not a duration"
    assert fault_of(with_step, "{ get: users, nothing_on: 404 }").hint == "write [404]"
    assert fault_of(with_step, "users/1").message == "`a` must be a mapping (a step)"
    assert fault_of(load_text, UPSTREAMS + "routes: []\n", {}).message == "`routes` must be a mapping"


def test_faults_of_all_parts_come_at_once():
    text = "server: { max_body: 1 }\nupstreams: { u: { url: x } }\n"
    text += "routes: { GET /x: { steps: { a: { get: u, x: 1 } } } }"

    assert len(faults_of(load_text, text, {})) == 3
