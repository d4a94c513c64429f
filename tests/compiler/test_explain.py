"""What `gateway explain` says of single settings; whole explanations are golden files (tests/golden)."""

import pytest

from gateway.compiler.explain import explain_all, explain_route
from gateway.config import load_text
from tests.support.compiled import USERS, compiled, route


def told_of_route(settings, key="GET /x"):
    return [line.strip() for line in explain_route(route(key, settings)).splitlines()]


def line_of(lines, start):
    [line] = [line for line in lines if line.startswith(start)]
    return line.removeprefix(start).strip()


def test_required_steps_are_told_with_the_reason():
    only = told_of_route("{ steps: { a: { get: users } } }")
    several = told_of_route("{ steps: { a: { get: users, required: true }, b: { get: users } } }")

    assert "required (the route's only step); one attempt takes at most 1 s" in only
    assert "required (it says so); one attempt takes at most 1 s" in several
    assert "optional; one attempt takes at most 1 s" in several


def test_shortened_timeout_is_told():
    lines = told_of_route("{ time_limit: 500ms, steps: { a: { get: users } } }")

    assert (
        "required (the route's only step); one attempt takes at most 400 ms (cut to fit the time limit)"
        in lines
    )


def test_steps_stand_in_the_wave_in_which_they_can_start():
    lines = told_of_route('{ steps: { b: { get: "users/{a.x}" }, a: { get: users }, c: { get: users } } }')

    names = [line.split("  ")[0] for line in lines if line.startswith(("wave", "a ", "b ", "c "))]
    assert names == ["wave 1", "a", "c", "wave 2", "b"]


def test_hard_and_soft_edges_are_told_apart():
    lines = told_of_route(
        '{ steps: { a: { get: users }, b: { get: users }, c: { get: "users/{a.x}/{b.x | 1}" } } }'
    )

    assert "needs a" in lines
    assert "waits for b, runs without if need be" in lines


def test_layers_are_told_outermost_first_down_to_the_upstream():
    lines = told_of_route("{ steps: { a: { get: users, fallback: 1 } } }")

    assert (
        "observe > fallback > deadline > retry > observe attempt > breaker gate > bulkhead > breaker permit"
        " > attempt timeout > users" in lines
    )


def test_what_fails_the_request_is_told():
    lines = told_of_route(
        "{ steps: { a: { get: users, required: true }, b: { get: users, required: true }, c: { get: users }}}"
    )

    assert line_of(lines, "fails if") == "a or b does not answer, or no step answers"


def test_inputs_are_told_with_type_and_whether_they_are_optional():
    lines = told_of_route(
        '{ steps: { a: { get: "users/{id}?p={query.p:int | 1}&t={query.t[]}" } } }', key="GET /x/{id:int}"
    )

    assert line_of(lines, "reads") == "id:int, query.p:int (optional), query.t[]:str (optional)"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", "200, every part by its name"),
        (', respond: "{a}"', "200, as respond says"),
        (", status: 201, merge: { steps: [a], deep: true }", "201, a merged deeply; on conflict: error"),
    ],
)
def test_answer_is_told(more, told):
    assert line_of(told_of_route(f"{{ steps: {{ a: {{ get: users }} }}{more} }}"), "answers") == told


def test_all_is_the_gateway_itself_the_upstreams_and_then_every_route():
    text = f"{USERS}routes:\n  GET /x: {{ steps: {{ a: {{ get: users }} }} }}\n"
    text += "  GET /y: { steps: { a: { get: users } } }\n"
    made = compiled(text)

    told = explain_all(made, load_text(text, {}).config)

    assert "\n\nupstreams\n  users  http://127.0.0.1:9101  (h1)\n" in told
    assert told.endswith("\n\n" + "\n".join(explain_route(each) for each in made.routes.values()))


def test_admission_that_is_off_is_told():
    text = f"{USERS}routes:\n  GET /x: {{ steps: {{ a: {{ get: users }} }} }}\n"

    assert explain_all(compiled(text), load_text(text, {}).config).startswith("server\n  admission    off\n")


def test_password_of_a_store_is_not_told():
    text = (
        'stores: { s: { redis: "redis://user:secret@r:6379" } }\n'
        f"{USERS}routes:\n  GET /x: {{ steps: {{ a: {{ get: users }} }} }}\n"
    )

    told = explain_all(compiled(text), load_text(text, {}).config)

    assert "  s  redis://r:6379, behind 16 MiB of memory; 5 ms for an answer" in told
    assert "secret" not in told


def test_attempts_of_a_call_that_may_not_be_repeated_are_told_as_what_they_are():
    lines = told_of_route("{ steps: { a: { post: users, json: 1 } } }", key="POST /x")

    assert "up to 2 attempts, but only if nothing was sent" in lines


def test_step_without_retries_and_hedges_says_nothing_of_them():
    lines = told_of_route("{ steps: { a: { get: users, retry: off } } }")

    assert not [line for line in lines if line.startswith("up to")]


def test_worst_case_is_cut_at_the_time_limit_if_it_is_longer():
    def told(settings):
        return line_of(told_of_route(settings), "worst case")

    steps = "steps: { a: { get: users, timeout: 100ms, retry: off } }"
    assert told(f"{{ {steps} }}") == "200 ms: a"
    assert told(f"{{ time_limit: 150ms, {steps} }}") == "200 ms, cut at 150 ms: a"


def test_priority_is_told_unless_it_is_the_usual_one():
    settings = "steps: { a: { get: users } }"

    assert line_of(told_of_route(f"{{ priority: sheddable, {settings} }}"), "priority") == "sheddable"
    assert not [line for line in told_of_route(f"{{ {settings} }}") if line.startswith("priority")]
