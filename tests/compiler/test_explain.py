"""What `gateway explain` says of single settings; whole explanations are golden files (tests/golden)."""

import pytest

from gateway.compiler.explain import explain_all, explain_route
from gateway.config import load_text
from tests.support.compiled import USERS, compiled, route

ONE_ROUTE = "routes:\n  GET /x: { steps: { a: { get: u } } }\n"


def told_of_upstream(settings, **environ):
    """The lines about the only upstream, without their indentation."""
    text = f"upstreams: {{ u: {settings} }}\n{ONE_ROUTE}"
    told = explain_all(compiled(text, **environ), load_text(text, environ).config)
    return [line.strip() for line in told.partition("\n\n")[0].splitlines()[1:]]


def told_of_route(settings, key="GET /x"):
    return [line.strip() for line in explain_route(route(key, settings)).splitlines()]


def line_of(lines, start):
    [line] = [line for line in lines if line.startswith(start)]
    return line.removeprefix(start).strip()


def test_address_is_told_as_it_is_written():
    lines = told_of_upstream('{ url: "${URL}" }', URL="http://10.1.2.3")

    assert lines[0] == "u  ${URL}  (h1)"


def test_layer_that_is_off_is_told_as_off():
    lines = told_of_upstream("{ url: http://a.example, breaker: off, bulkhead: off }")

    assert (line_of(lines, "breaker"), line_of(lines, "bulkhead")) == ("off", "off")


def test_timeout_that_is_off_is_unbounded():
    assert line_of(told_of_upstream("{ url: http://a.example, timeout: off }"), "timeout").startswith(
        "unbounded"
    )


@pytest.mark.parametrize(("size", "told"), [("5MiB", "5 MiB"), ("3KiB", "3 KiB"), ("5MB", "5000000 B")])
def test_sizes_are_told_in_the_largest_unit_that_fits(size, told):
    lines = told_of_upstream(f"{{ url: http://a.example, max_response: {size} }}")

    assert line_of(lines, "answers") == f"up to {told}"


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


def test_all_is_the_upstreams_and_then_every_route():
    text = f"{USERS}routes:\n  GET /x: {{ steps: {{ a: {{ get: users }} }} }}\n"
    text += "  GET /y: { steps: { a: { get: users } } }\n"
    made = compiled(text)

    told = explain_all(made, load_text(text, {}).config)

    assert told.startswith("upstreams\n  users  http://127.0.0.1:9101  (h1)\n")
    assert told.endswith("\n\n" + "\n".join(explain_route(each) for each in made.routes.values()))
