import pytest

from gateway.compiler.explain_answer import explain_answer
from tests.support.compiled import USERS, route

STEPS = "steps: { a: { get: users/a }, b: { get: users/b } }"


def told(settings):
    return [line.strip().partition("  ")[::2] for line in explain_answer(route("GET /x", settings, USERS))]


@pytest.mark.parametrize(
    ("more", "lines"),
    [
        ("summary: x", [("answers", "200, every part by its name")]),
        ("respond: { a: '{a}' }, status: 201", [("answers", "201, as respond says")]),
        (
            "merge: { steps: [a, b], deep: true }",
            [("answers", "200, a, b merged deeply; on conflict: error")],
        ),
        (
            "produces: [json, xml, events]",
            [
                ("answers", "200, every part by its name"),
                ("produces", "json by default, xml, events; events: every part when it is ready"),
            ],
        ),
    ],
)
def test_answer_is_told_with_its_forms(more, lines):
    assert [(title, text.strip()) for title, text in told(f"{{ {STEPS}, {more} }}")] == lines


def test_what_is_passed_on_is_told():
    forward = "forward: { headers: [X-A], cookies: [s], query: all }"
    proxy = f"{{ proxy: {{ to: users, {forward}, withhold: [X-P], max_body: 1MiB }} }}"

    assert [(title, text.strip()) for title, text in told(proxy)] == [
        ("answers", "as the upstream does, passed on piece by piece"),
        (
            "forwards",
            "what describes the body and the answer wanted; headers x-a; cookies s; the whole query",
        ),
        ("withholds", "x-p"),
        ("streams", "bodies of up to 1 MiB; each piece within 60 s"),
    ]


def test_nothing_else_goes_on_by_default():
    lines = dict(told("{ proxy: { to: users, forward: { query: [p] } } }"))

    assert lines["forwards"].strip() == "what describes the body and the answer wanted; parameters p"
    assert lines["streams"].strip() == "bodies of any size; each piece within 60 s"
