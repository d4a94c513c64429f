import pytest

from gateway.config import load_text
from tests.config.sample import UPSTREAMS, faults_of, with_route


def with_key(key):
    return load_text(
        f"{UPSTREAMS}routes:\n  {key}: {{ steps: {{ a: {{ get: users }} }} }}\n", {}
    ).config.routes[key]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_key_is_method_and_pattern(method):
    route = with_key(f"{method} /user/{{id:int}}/x")

    assert (route.method, route.pattern) == (method, "/user/{id:int}/x")


@pytest.mark.parametrize(
    "key", ["GET /healthy", "GET /docsets", "GET /v1/health", "GET /", "GET /openapi.yaml"]
)
def test_path_that_only_resembles_the_gateways_own_is_free(key):
    assert with_key(key).pattern == key.split()[1]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("/x", "`/x` is not a route"),
        ("GET", "`GET` is not a route"),
        ("GET  /x", "`GET  /x` is not a route"),
        ("GET /a b", "`GET /a b` is not a route"),
        ("get /x", "`get` is not `GET`, `POST`, `PUT`, `PATCH` or `DELETE`"),
        ("HEAD /x", "`HEAD` is answered for every route without being written"),
        ("GET /x?a", "a route's path has no query and no fragment"),
        ("GET /health", "`/health` is the gateway's own"),
        ("GET /health/live", "`/health/live` is the gateway's own"),
        ("POST /docs", "`/docs` is the gateway's own"),
        ("GET /docs/oauth", "`/docs/oauth` is the gateway's own"),
        ("GET /openapi.json", "`/openapi.json` is the gateway's own"),
    ],
)
def test_wrong_key_is_one_fault(key, message):
    assert faults_of(with_key, key) == [message]


def test_method_inside_a_route_is_not_a_key():
    assert faults_of(with_route, "method: GET") == ["unknown key `method` in a route"]


def test_route_has_a_step():
    assert faults_of(with_route, "steps: {}") == ["a route has at least one step"]


def test_respond_and_merge_exclude_each_other():
    settings = "respond: 1\n    merge: { steps: [a] }"

    assert faults_of(with_route, settings) == ["`merge` and `respond` exclude each other"]


DEGRADED = ["the gateway itself writes a key `degraded` into answers"]


@pytest.mark.parametrize(
    ("settings", "faults"),
    [
        ("respond: { degraded: 1 }", DEGRADED),
        ("respond: { a: { degraded: 1 } }", []),
        ("respond: { degraded: 1 }\n    degraded: header", []),
        ("steps: { degraded: { get: users } }", DEGRADED),
        ('respond: "{steps}"\n    steps: { degraded: { get: users } }', DEGRADED),
        ("respond: { all: '{steps}' }\n    steps: { degraded: { get: users } }", []),
        ("merge: { steps: [degraded] }\n    steps: { degraded: { get: users } }", []),
    ],
)
def test_key_degraded_in_answers_is_the_gateways_own(settings, faults):
    assert faults_of(with_route, settings) == faults
