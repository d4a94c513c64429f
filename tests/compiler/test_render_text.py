"""Programs of text: what they join, what stops them, and what standing as text demands."""

import pytest

from gateway.compiler.names import Where
from gateway.compiler.references import TemplateFault
from gateway.compiler.render_text import TextProgram, certain, check_text, demand_text, json_text
from gateway.outcome import Cause, Failure
from tests.support.templates import DOWN, names, scope


def run(parts, inputs=(), outcomes=()):
    program = TextProgram()
    for part in parts:
        if isinstance(part, str):
            program.text(part)
        else:
            program.read(part)
    inside = scope(inputs, outcomes)
    return program.compiled()(inside.inputs, inside.outcomes)


def first(inputs, _):
    return inputs[0]


def second(inputs, _):
    return inputs[1]


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([], ""),
        (["a", "b"], "ab"),
        ([first], "1"),
        (["a", first], "a1"),
        ([first, "b"], "1b"),
        ([first, second], "12"),
        (["a", first, "b", "c", second, "d"], "a1bc2d"),
    ],
)
def test_pieces_are_joined_in_order(parts, text):
    assert run(parts, ["1", "2"]) == text


@pytest.mark.parametrize("parts", [[second], ["a", second, "b"], [first, "x", second]])
def test_first_failure_is_the_result(parts):
    assert run(parts, ["1", DOWN]) is DOWN


def test_one_program_can_run_many_times():
    program = TextProgram()
    program.read(first)
    program.text("-")
    program.read(second)
    render = program.compiled()
    assert [render([str(n), "x"], ()) for n in range(3)] == ["0-x", "1-x", "2-x"]


def uses(text, known, where=Where.STEP):
    return [part for part in known.read(text, where) if not isinstance(part, str)]


def test_text_is_certain_if_the_edge_or_a_default_sees_to_it():
    known = names({"id": "int"})
    texts = {
        "{id}": True,
        "{query.a}": False,
        "{query.a | 1}": True,
        "{query.a | null}": False,
        "{user.a}": False,
    }
    assert {text: certain(uses(text, known)[0]) for text in texts} == texts


def test_needed_text_makes_its_input_required_and_a_text():
    known = names()
    (use,) = uses("{query.a}", known)
    demand_text(use, needed=False)
    assert (use.slot.required, use.slot.text) == (False, True)
    demand_text(use, needed=True)
    assert use.slot.required


def test_checking_alone_demands_nothing():
    (use,) = uses("{query.a}", names())
    check_text(use, needed=True)
    assert (use.slot.required, use.slot.text) == (False, False)


def test_default_makes_an_input_optional():
    (use,) = uses("{query.a | 1}", names())
    demand_text(use, needed=True)
    assert not use.slot.required


def test_null_as_default_leaves_out_and_so_cannot_be_needed():
    (use,) = uses("{query.a | null}", names())
    demand_text(use, needed=False)
    with pytest.raises(TemplateFault, match="no form as text"):
        demand_text(use, needed=True)


@pytest.mark.parametrize("text", ["{query.a[]}", "{query.a | []}", "{query.a | {}}", "{steps}"])
def test_what_has_no_form_as_text_is_a_fault(text):
    (use,) = uses(text, names(), Where.RESPOND)
    with pytest.raises(TemplateFault):
        check_text(use, needed=False)


def test_longer_text_needs_all_its_values():
    known = names()
    render = json_text(known.read("a{user.x}b{{{query.q}}}", Where.STEP))
    answered = scope(["1"], [b'{"x":2}'])
    assert render(answered.inputs, answered.outcomes) == "a2b{1}"
    gap = render(["1"], scope(outcomes=[b"{}"]).outcomes)
    assert isinstance(gap, Failure)
    assert gap.cause is Cause.SKIPPED
    assert gap.detail == "{user.x} is missing"
