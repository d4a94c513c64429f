import pytest

from tests.support.compiled import compiled, messages, route

FILES = "upstreams: { files: { url: http://127.0.0.1:9101 } }\n"
SEVERAL = "upstreams: { files: { urls: [http://127.0.0.1:1, http://127.0.0.1:2] } }\n"


def test_layers_are_those_of_every_call_but_for_what_must_let_go_later():
    (facts,) = route("GET /x", "{ proxy: files/y }", FILES).facts

    assert facts.layers == (
        *("observe", "deadline", "retry"),
        *("close earlier answers", "observe attempt", "breaker gate", "bulkhead", "breaker permit"),
        "time to the head",
    )


def test_several_addresses_have_a_balance():
    (facts,) = route("GET /x", "{ proxy: files/y }", SEVERAL).facts

    assert facts.layers[3] == "balance"


def test_other_steps_of_the_upstream_are_as_ever():
    text = "routes: { GET /x: { proxy: files/y }, GET /y: { steps: { a: { get: files } } } }"
    made = compiled(FILES + text)

    assert "attempt timeout" in made.routes["GET /y"].facts[0].layers
    assert made.routes["GET /y"].plan.steps[0].direct is not None
    assert made.routes["GET /x"].plan.steps[0].direct is None


def test_route_for_any_method_answers_each_and_none_twice():
    made = compiled(f"{FILES}routes: {{ ANY /x: {{ proxy: files/y }} }}")

    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        assert made.router.match(method, b"/x").params == {}
    assert messages(f"{FILES}routes: {{ GET /x: {{ proxy: files/y }}, ANY /x: {{ proxy: files/z }} }}") == [
        "`ANY /x` and `GET /x` answer the same requests"
    ]


@pytest.mark.parametrize("where", ["to: 'files/{body.a}'", "to: files, headers: { x: '{body.a}' }"])
def test_body_that_is_passed_on_is_not_looked_into(where):
    assert messages(f"{FILES}routes: {{ POST /x: {{ proxy: {{ {where} }} }} }}") == [
        "`{body.a}`: a body that is passed on is not looked into"
    ]


@pytest.mark.parametrize(
    ("upstream", "method", "fault"),
    [
        ("transport: httpx", "GET", "WebSockets are passed on over HTTP/1.1 only"),
        ("timeout: 1s", "POST", "a WebSocket begins with GET"),
    ],
)
def test_websocket_that_cannot_be_passed_on_is_a_fault(upstream, method, fault):
    text = f"upstreams: {{ files: {{ url: http://a, {upstream} }} }}\n"

    assert messages(f"{text}routes: {{ {method} /x: {{ proxy: {{ to: files, websocket: on }} }} }}") == [
        fault
    ]


def test_websocket_is_not_signed():
    text = "upstreams: { files: { url: https://abc.lambda-url.eu-west-1.on.aws, auth: { type: aws_iam } } }\n"
    route = "routes: { GET /x: { proxy: { to: files, websocket: on } } }"

    assert messages(text + route) == ["WebSockets are not signed"]


def test_route_with_websockets_has_a_tunnel():
    text = "routes: { ANY /x: { proxy: { to: files, websocket: on } }, GET /y: { proxy: files } }"
    made = compiled(FILES + text)

    assert made.routes["ANY /x"].tunnel is not None
    assert made.routes["GET /y"].tunnel is None
    assert made.router.match("GET", b"/x").target.websocket is not None
