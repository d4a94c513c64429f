import pytest

from tests.support.compiled import USERS, messages, route

STEPS = "steps: { a: { get: users/a }, b: { get: users/b } }"


def parts(more):
    made = route("GET /x/{id}", f"{{ {STEPS}, produces: [json, ndjson], {more} }}").parts
    return [(part.name, part.steps) for part in made]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("summary: x", [("a", (0,)), ("b", (1,))]),
        ("respond: '{steps}'", [("a", (0,)), ("b", (1,))]),
        (
            "respond: { id: '{id}', x: '{a.n}', y: ['{a}', { z: '{b.n | 1}' }], all: '{steps}' }",
            [("id", ()), ("x", (0,)), ("y", (0, 1)), ("all.a", (0,)), ("all.b", (1,))],
        ),
        ("respond: { in: { all: '{steps}' } }", [("in", (0, 1))]),
        ("respond: ['{a}', 1]", [("", (0, 1))]),
        ("respond: '{a.n}'", [("", (0, 1))]),
        ("merge: { steps: [b] }", [("b", (1,))]),
        ("pick: [a]", [("", (0, 1))]),
    ],
)
def test_parts_are_what_the_whole_answer_is_made_of(answer, expected):
    assert parts(answer) == expected


def test_route_that_produces_nothing_by_parts_has_none():
    assert route("GET /x", f"{{ {STEPS}, produces: [json, xml] }}").parts == ()


def test_fault_in_a_member_is_told_once():
    text = f"{USERS}routes: {{ GET /x: {{ {STEPS}, mode: stream, respond: {{ a: '{{c}}' }} }} }}"

    assert len(messages(text)) == 1
