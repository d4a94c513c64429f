import pytest

from gateway.config import ABSENT, load_text
from tests.config.sample import UPSTREAMS, faults_of, with_route


def route(settings, key="GET /x"):
    text = f"{UPSTREAMS}routes:\n  {key}: {settings}\n"
    return load_text(text, {}).config.routes[key]


def test_short_form_is_a_step_that_is_required():
    made = route('{ proxy: "users/static/{query.p}?a=1" }')
    (step,) = made.steps.values()

    assert list(made.steps) == ["proxy"]
    assert (step.upstream, step.path, step.query) == ("users", "static/{query.p}", (("a", "1"),))
    assert (step.required, step.hedge, step.retry) == (True, None, ABSENT)
    assert made.proxy.forward.query == ()
    assert (made.proxy.idle_timeout, made.proxy.max_body) == (60.0, None)


def test_what_a_step_has_is_the_steps():
    made = route("{ proxy: { to: users, query: { b: 2 }, headers: { X-A: 1 }, timeout: 1s, retry: off } }")
    step = made.steps["proxy"]

    assert (step.query, step.headers) == ((("b", "2"),), {"X-A": "1"})
    assert (step.timeout, step.retry) == (1.0, None)
    assert made.proxy.query == {}


def test_forward_names_what_goes_on():
    forward = route(
        "{ proxy: { to: users, forward: { headers: [X-A], cookies: [sid], query: all }, max_body: 1MB } }"
    ).proxy.forward

    assert (forward.headers, forward.cookies, forward.query) == (("x-a",), ("sid",), None)


def test_any_method_is_for_routes_that_pass_on():
    assert route("{ proxy: users }", "ANY /x").method == "ANY"
    assert faults_of(route, "{ steps: { a: { get: users } } }", "ANY /x") == [
        "`ANY` is for routes that pass on"
    ]


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ("{ proxy: }", "`proxy` takes `upstream/path?query`"),
        ("{ proxy: { } }", "`to` is missing in `proxy`"),
        ("{ proxy: { to: { upstream: users } } }", "`proxy` takes `upstream/path?query`"),
        ("{ proxy: http://a }", "a call names its upstream, not a URL"),
        (
            "{ proxy: users, status: 201 }",
            "`status` stands beside `proxy`, which passes an answer on as it is",
        ),
        (
            "{ proxy: users, mode: stream }",
            "`mode` stands beside `proxy`, which passes an answer on as it is",
        ),
        ("{ proxy: { to: users, forward: { headers: [Host] } } }", None),
        ("{ proxy: { to: users, forward: { query: everything } } }", None),
        ("{ proxy: { to: users, hedge: off } }", "unknown key `hedge` in `proxy`"),
    ],
)
def test_what_makes_no_sense_is_told(settings, fault):
    told = faults_of(route, settings)

    assert len(told) == 1
    if fault is not None:
        assert told == [fault]


def test_header_that_belongs_to_the_connection_cannot_be_forwarded():
    (told,) = faults_of(route, "{ proxy: { to: users, forward: { headers: [TE] } } }")

    assert told == "headers: `TE` belongs to the connection or to the gateway itself"


def test_route_with_steps_has_no_proxy():
    assert with_route("degraded: header").proxy is None
