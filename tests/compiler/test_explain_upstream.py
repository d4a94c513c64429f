"""What `gateway explain` says of an upstream; whole explanations are golden files (tests/golden)."""

import pytest

from gateway.compiler.explain import explain_all
from gateway.compiler.explain_upstream import explain_upstream
from gateway.config import load_text
from tests.support.compiled import compiled

ONE_ROUTE = "routes:\n  GET /x: { steps: { a: { get: u } } }\n"


def told_of_upstream(settings, **environ):
    """The lines about the only upstream, without their indentation."""
    made = compiled(f"upstreams: {{ u: {settings} }}\n{ONE_ROUTE}", **environ)
    return [line.strip() for line in explain_upstream(made.upstreams["u"])]


def line_of(lines, start):
    [line] = [line for line in lines if line.startswith(start)]
    return line.removeprefix(start).strip()


def test_address_is_told_as_it_is_written():
    lines = told_of_upstream('{ url: "${URL}" }', URL="http://10.1.2.3")

    assert lines[0] == "u  ${URL}  (h1)"


def test_layer_that_is_off_is_told_as_off():
    lines = told_of_upstream("{ url: http://a.example, breaker: off, bulkhead: off, retry: off }")

    assert {line_of(lines, layer) for layer in ("breaker", "bulkhead", "retries")} == {"off"}


def test_timeout_that_is_off_is_unbounded():
    assert line_of(told_of_upstream("{ url: http://a.example, timeout: off }"), "timeout").startswith(
        "unbounded"
    )


@pytest.mark.parametrize(("size", "told"), [("5MiB", "5 MiB"), ("3KiB", "3 KiB"), ("5MB", "5000000 B")])
def test_sizes_are_told_in_the_largest_unit_that_fits(size, told):
    lines = told_of_upstream(f"{{ url: http://a.example, max_response: {size} }}")

    assert line_of(lines, "answers") == f"up to {told}"


def budgets(settings, steps):
    """The line of the upstream's budget in what is told of all, if there is one."""
    text = f"upstreams: {{ u: {settings} }}\nroutes:\n  POST /x: {{ steps: {{ {steps} }} }}\n"
    told = explain_all(compiled(text), load_text(text, {}).config)
    return [line.split("  ")[-1].strip() for line in told.splitlines() if line.startswith("    budget")]


EVERY = "10% of first attempts and 1 a second, for all retries and hedges"


@pytest.mark.parametrize(
    ("settings", "steps", "told"),
    [
        ("{ url: http://u.example }", "a: { get: u }", [EVERY]),
        ("{ url: http://u.example, retry: off }", "a: { get: u }", []),
        ("{ url: http://u.example, retry: { attempts: 1 }, budget: off }", "a: { get: u }", []),
        ("{ url: http://u.example, retry: off, hedge: on }", "a: { get: u }", [EVERY]),
        ("{ url: http://u.example, retry: off }", "a: { get: u, retry: on }", [EVERY]),
        ("{ url: http://u.example, retry: off }", "a: { get: u, hedge: on }", [EVERY]),
        ("{ url: http://u.example, retry: off }", "a: { post: u, undo: { delete: u, retry: on } }", [EVERY]),
        ("{ url: http://u.example, retry: off }", "a: { post: u, undo: { delete: u } }", []),
    ],
)
def test_budget_is_told_of_where_something_draws_on_it(settings, steps, told):
    assert budgets(settings, steps) == told


def test_budget_that_is_off_is_a_warning_in_itself():
    lines = told_of_upstream("{ url: http://a.example, budget: off }")

    assert line_of(lines, "budget") == "off: retries and hedges are NOT BOUNDED"


@pytest.mark.parametrize(
    ("retry", "told"),
    [
        ("on", "1 more, after a random time of up to 50 ms"),
        ("{ attempts: 3 }", "2 more, after a random time of up to 50 ms, doubling up to 500 ms"),
        ("{ attempts: 1 }", "off"),
    ],
)
def test_retries_are_told(retry, told):
    assert line_of(told_of_upstream(f"{{ url: http://a.example, retry: {retry} }}"), "retries") == told


@pytest.mark.parametrize(("after", "told"), [("p99", "99% of all do"), ("30ms", "30 ms")])
def test_hedges_are_told(after, told):
    lines = told_of_upstream(f"{{ url: http://a.example, hedge: {{ after: {after} }} }}")

    assert line_of(lines, "hedges") == f"a second attempt beside the first if it takes longer than {told}"


def test_every_address_is_told():
    lines = told_of_upstream('{ urls: ["http://a.example", "http://b.example"] }')

    assert "u  2 addresses  (h1)" in lines
    assert "addresses  http://a.example" in lines
    assert "http://b.example" in lines
