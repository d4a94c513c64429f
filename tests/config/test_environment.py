import copy
import pickle

import pytest

from gateway.config import ConfigError, EnvText, load_text
from gateway.config.document import parse
from gateway.config.environment import Noted, substituted
from gateway.config.nodes import plain
from tests.config.sample import with_step, with_upstream


def read(text, **environ):
    """Data and messages."""
    faults = []
    root = substituted(parse(text, "a.yaml", faults), environ, faults)
    return plain(root), [fault.message for fault in faults]


def test_variable_is_replaced_in_values_only():
    assert read('"${A}": "x-${A}-y"', A="1") == ({"${A}": "x-1-y"}, [])


@pytest.mark.parametrize(
    ("value", "read_as"), [("5", 5), ("true", True), ("off", "off"), ("", None), ("a: b", "a: b")]
)
def test_value_that_is_one_variable_is_read_as_a_scalar(value, read_as):
    assert read('a: "${A}"', A=value)[0] == {"a": read_as}
    assert read("a: ${A}", A=value)[0] == {"a": read_as}


@pytest.mark.parametrize("value", ["[1, 2]", "{ a: 1 }", "*alias", "- x", "${B}", "# no"])
def test_value_from_the_environment_is_never_structure(value):
    assert read("a: ${A}", A=value, B="2")[0] == {"a": value}


def test_value_from_the_environment_is_never_a_reference():
    step = with_step('{ get: "users/${A}/{query.id}" }', A="{secret}")

    assert step.path == "{secret}/{query.id}"
    assert step.path.template == "{{secret}}/{query.id}"
    assert step.path.source == "${A}/{query.id}"


def test_value_from_the_environment_never_changes_the_call():
    step = with_step('{ get: "users/${A}?x=${A}" }', A="a?b=c&d/e#f")

    assert step.path == "a?b=c&d/e#f"
    assert step.query == (("x", "a?b=c&d/e#f"),)


@pytest.mark.parametrize(("environ", "value"), [({}, "d"), ({"A": ""}, "d"), ({"A": "a"}, "a")])
def test_default_stands_in_for_unset_and_for_empty(environ, value):
    assert read("a: ${A:-d}", **environ)[0] == {"a": value}


def test_default_may_be_empty_and_may_hold_what_an_address_holds():
    assert read("a: x${A:-}", B="b")[0] == {"a": "x"}
    assert read("a: ${A:-http://127.0.0.1:9101/a?b}")[0] == {"a": "http://127.0.0.1:9101/a?b"}


def test_variable_without_value_and_default_is_a_fault_at_its_place():
    with pytest.raises(ConfigError) as caught:
        with_upstream('{ url: "http://a/${MISSING}" }')

    fault = next(f for f in caught.value.faults)
    assert fault.message == "the environment variable `MISSING` is not set"
    assert fault.place.text[fault.place.column - 1 :].startswith("${MISSING}")
    assert len(caught.value.faults) == 1


def test_dollar_doubled_writes_the_characters_themselves():
    assert read("a: $${A}", A="1") == ({"a": "${A}"}, [])
    assert read("a: $A", A="1") == ({"a": "$A"}, [])


@pytest.mark.parametrize("text", ["${}", "${9A}", "${A", "${A B}", "${A:=x}"])
def test_malformed_variable_is_a_fault(text):
    assert "is not a variable" in read(f"a: '{text}'", A="1")[1][0]


def test_fault_shows_the_name_and_never_the_value():
    secret = "hunter2"
    text = 'upstreams:\n  u: { url: "${S}", timeout: "${S}", breaker: "${S}", bulkhead: { slots: "${S}" } }\n'
    text += 'routes:\n  GET /x: { status: "${S}", steps: { a: { get: u, '
    text += 'required: "${S}", nothing_on: ["${S}"] } } }\n'
    with pytest.raises(ConfigError) as caught:
        load_text(text, {"S": secret})

    assert len(caught.value.faults) == 7
    assert secret not in str(caught.value)
    assert secret not in repr(caught.value)


def test_too_large_number_from_the_environment_is_a_fault_without_the_number():
    assert read("a: ${A}", A="1e999")[1] == ["the value of `${A}` is too large a number"]


def test_text_with_a_variable_says_what_was_written():
    text = EnvText("secret", "${KEY}", "secret")

    assert text == "secret"
    assert repr(text) == "EnvText('${KEY}')"
    for twin in (copy.copy(text), pickle.loads(pickle.dumps(text))):
        assert (twin, twin.source, twin.template) == ("secret", "${KEY}", "secret")


@pytest.mark.parametrize(
    ("written", "template"),
    [
        ("a ${A} b", "a {{x}}'y b"),
        ("{id} ${A}", "{id} {{x}}'y"),
        ("{{${A}}}", "{{{{x}}'y}}"),
        ("{q | []} ${A}", "{q | []} {{x}}'y"),
        ("{q | {}} ${A}", "{q | {}} {{x}}'y"),
        ("{q | '${A}'}", "{q | '{{x}}''y'}"),
        ("{q | 'a''b'} ${A}", "{q | 'a''b'} {{x}}'y"),
        ("{q['k'] | '${A}'}", "{q['k'] | '{{x}}''y'}"),
        ("{${A}}", "{\0}"),
        ("{q.${A} | 1}", "{q.\0 | 1}"),
        ("{q['k']:${A}}", "{q['k']:\0}"),
    ],
)
def test_value_is_text_wherever_it_stands_in_a_template(written, template):
    value, faults = read(f'a: "{written}"', A="{x}'y")

    assert faults == []
    assert value["a"].template == template


def test_value_behind_an_alias_is_replaced_once():
    faults = []
    substituted(parse("a: &a ${NOPE}\nb: *a\n", "a.yaml", faults), {}, faults)

    assert len(faults) == 1


def test_environment_remembers_what_was_taken_from_it():
    noted = Noted({"A": "1", "B": "2"})

    assert (noted.get("A"), noted.get("C"), list(noted), len(noted)) == ("1", None, ["A", "B"], 2)
    assert noted.values_taken == {"A": "1"}
