"""A draft knows its upstreams by their settings and is written without what nobody calls."""

from gateway.config import load_text
from gateway.importing.draft import Draft, Variable, literal, step_upstream
from gateway.importing.foreign import parsed

HERE = parsed("{}", "k.json")


def test_same_settings_are_the_same_upstream_also_once_something_was_added():
    draft = Draft()
    first = draft.upstream("users", {"url": "http://a"})
    draft.upstreams[first]["budget"] = "off"

    assert draft.upstream("others", {"url": "http://a"}) == first == "users"
    assert draft.upstream("users", {"url": "http://b"}) == "users_2"


def test_what_nobody_calls_is_not_written():
    draft = Draft()
    draft.upstream("a", {"url": "http://a"})
    draft.upstream("b", {"url": "http://b"})
    draft.add("GET /x", {"steps": {"s": {"get": "b/x"}}}, HERE)

    assert draft.text("who\nsays") == (
        "# who\n# says\nupstreams:\n  b: { url: http://b }\nroutes:\n"
        "  GET /x:\n    steps: { s: { get: b/x } }\n"
    )


def test_foreign_dollar_braces_are_no_variables_and_our_own_are():
    draft = Draft()
    draft.upstream("a", {"url": Variable("${A_URL:-http://a}")})
    draft.add("GET /x", {"steps": {"s": {"get": "a", "fallback": literal("${HOME} {x}")}}}, HERE)

    config = load_text(draft.text(""), {"A_URL": "http://other", "HOME": "nobody"}).config

    assert config.upstreams["a"].url == "http://other"
    assert config.routes["GET /x"].steps["s"].fallback == "${{HOME}} {{x}}"


def test_dropped_routes_are_gone():
    draft = Draft()
    draft.add("GET /x", {"steps": {}}, HERE)
    draft.drop("GET /x")

    assert (draft.routes, draft.origins) == ({}, {})


def test_step_tells_its_upstream():
    assert step_upstream({"get": "users/{id}?a=b"}) == "users"
    assert step_upstream({"post": "users?x=1"}) == "users"
    assert step_upstream({"upstream": "scores"}) == "scores"
    assert step_upstream({"value": 3}) is None


def test_second_route_for_the_same_requests_is_refused_once_the_first_is_there():
    draft = Draft()
    assert draft.refusal("GET /{a}") == ""
    assert draft.refusal("GET /{b}") == ""
    draft.add("GET /{a}", {"steps": {}}, HERE)

    assert draft.refusal("GET /{b}") == "GET /{a} answers the same requests"
    assert draft.refusal("POST /{b}") == draft.refusal("GET /{b:int}") == ""


def test_routes_of_the_gateways_own_and_of_no_sense_are_refused():
    draft = Draft()

    assert "for the gateway itself" in draft.refusal("GET /health")
    assert draft.refusal("GET /a//b") == "a segment is empty"
