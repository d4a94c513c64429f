"""A whole configuration becomes upstreams, routes and a route table, or all its faults at once."""

import pytest

from gateway.config import ConfigError
from gateway.edge.endpoint import Endpoint
from gateway.telemetry.metrics import Metrics
from tests.support.compiled import USERS, compiled, messages

TWO_ROUTES = f"""{USERS}
routes:
  GET /user/{{id:int}}: {{ steps: {{ user: {{ get: "users/{{id}}" }} }} }}
  POST /user: {{ status: 201, steps: {{ user: {{ post: users, json: "{{body}}" }} }} }}
"""


def answering(key, settings, server="{}"):
    """How the answers of a route look."""
    made = compiled(f"server: {server}\n{USERS}routes:\n  {key}: {settings}\n")
    return made.router.match("GET", b"/x").target._answering


def test_routes_are_found_under_their_key_and_in_the_table():
    made = compiled(TWO_ROUTES)

    match = made.router.match("GET", b"/user/7")

    assert list(made.routes) == ["GET /user/{id:int}", "POST /user"]
    assert isinstance(match.target, Endpoint)
    assert match.target.plan is made.routes["GET /user/{id:int}"].plan
    assert match.params == {"id": "7"}


def test_steps_of_all_routes_share_their_upstream():
    made = compiled(TWO_ROUTES)

    assert list(made.upstreams) == ["users"]
    assert {facts.upstream.name for route in made.routes.values() for facts in route.facts} == {"users"}


def test_every_step_is_measured_under_its_route_and_name():
    metrics = Metrics()

    compiled(TWO_ROUTES, metrics)

    assert list(metrics._calls) == [("GET /user/{id:int}", "user"), ("POST /user", "user")]
    assert list(metrics._requests) == ["GET /user/{id:int}", "POST /user"]


def test_faults_of_all_routes_come_at_once_in_the_order_of_the_file():
    told = messages(
        f"{USERS}routes:\n"
        '  GET /a/{x:int}: { steps: { a: { get: "users/{y}" } } }\n'
        '  GET /b: { steps: { a: { get: "user/1" } } }\n'
        '  GET /a/{y:int}: { steps: { a: { get: "users/{y}" } } }\n'
    )

    assert told == [
        "nothing is called `y`",
        "no upstream is called `user`",
        "`GET /a/{y:int}` and `GET /a/{x:int}` answer the same requests",
    ]


def test_conflict_names_the_places_of_both_routes():
    text = f"{USERS}routes:\n  GET /a/{{x}}: {{ steps: {{ a: {{ get: users }} }} }}\n"
    text += "  GET /a/{y}: { steps: { a: { get: users } } }\n"

    with pytest.raises(ConfigError) as caught:
        compiled(text)

    [fault] = caught.value.faults
    assert (fault.place.line, [place.line for place in fault.also]) == (4, [3])


@pytest.mark.parametrize(
    "other", ["POST /a/{x}", "GET /a/{x:int}", "GET /a/b", "GET /a/{x}/", "GET /a/{x:path}"]
)
def test_routes_that_differ_in_method_type_or_literal_stand_side_by_side(other):
    text = f"{USERS}routes:\n  GET /a/{{x}}: {{ steps: {{ a: {{ get: users }} }} }}\n"

    assert messages(f"{text}  {other}: {{ steps: {{ a: {{ get: users }} }} }}\n") == []


def test_answers_look_as_the_route_says():
    look = answering(
        "GET /x",
        "{ status: 203, headers: { x-a: b }, degraded: header, max_body: 2KiB, "
        "steps: { a: { get: users } } }",
    )

    assert (look.status, dict(look.headers), look.degraded_in_body) == (203, {"x-a": "b"}, False)
    assert (look.max_body, look.reads_body) == (2048, False)


def test_server_decides_what_answers_expose():
    settings = "{ steps: { a: { get: users } } }"
    everything = answering("GET /x", settings)
    nothing = answering("GET /x", settings, server="{ expose: off }")

    assert (everything.expose_degraded, everything.expose_timing) == (True, True)
    assert (nothing.expose_degraded, nothing.expose_timing) == (False, False)


def test_steps_that_send_the_clients_own_credentials_are_known_by_index():
    look = answering(
        "GET /x",
        "{ steps: { a: { get: users }, "
        'b: { get: users, headers: { authorization: "{header.authorization}" } } } }',
    )

    assert look.own_credentials == {1}
