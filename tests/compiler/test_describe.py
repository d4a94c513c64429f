"""What OpenAPI says of a route: the schema of its answer by shape, its inputs and their defaults."""

import pytest

from gateway.compiler.describe import describe, describe_all
from gateway.edge.openapi import document
from tests.support.compiled import compiled, route

ANYTHING = {}


def described(respond=None, steps="a: { get: users }, b: { get: users }", key="GET /x/{id:int}", more=""):
    answer = "" if respond is None else f", respond: {respond}"
    return describe(route(key, f"{{ steps: {{ {steps} }}{answer}{more} }}"))


def shape(respond, **more):
    return described(respond, **more).response


def test_answer_without_respond_has_every_part_by_its_name():
    assert described().response == {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": ANYTHING, "b": ANYTHING},
    }


def test_merged_answer_is_some_object():
    assert described(more=", merge: { steps: [a, b] }").response == {"type": "object"}


@pytest.mark.parametrize(
    ("respond", "schema"),
    [
        ("1", {"type": "integer"}),
        ("1.5", {"type": "number"}),
        ("true", {"type": "boolean"}),
        ("null", {"type": "null"}),
        ("text", {"type": "string"}),
        ('"{{braces}}"', {"type": "string"}),
        ('"{id}"', {"type": "integer", "format": "int64"}),
        ('"user {id}"', {"type": ["string", "null"]}),
        ('"{a}"', ANYTHING),
        ('"{a.name}"', ANYTHING),
        ('"{query.q}"', {"type": ["string", "null"]}),
        ('"{query.q | null}"', {"type": ["string", "null"]}),
        ("\"{query.q | 'x'}\"", {"type": "string"}),
        ('"{query.n:int | 1}"', {"type": "integer", "format": "int64"}),
        ('"{query.u:uuid}"', {"type": ["string", "null"], "format": "uuid"}),
        ('"{query.tag[]}"', {"type": ["array", "null"], "items": {"type": "string"}}),
        ('"{header.X-Tenant}"', {"type": ["string", "null"]}),
        ('"{cookie.session}"', {"type": ["string", "null"]}),
    ],
)
def test_value_has_the_type_of_what_it_is_made_of(respond, schema):
    assert shape(respond) == schema


@pytest.mark.parametrize(
    ("respond", "schema"),
    [
        ('"{body.n:int}"', {"type": ["integer", "null"], "format": "int64"}),
        ('"{body.items[0].on:bool}"', {"type": ["boolean", "null"]}),
        ('"{body.note}"', ANYTHING),
    ],
)
def test_value_of_a_body_has_its_type_if_one_is_written(respond, schema):
    assert shape(respond, key="POST /x/{id:int}") == schema


def test_input_that_a_step_needs_is_never_null_in_the_answer():
    assert shape('"{query.q}"', steps='a: { get: "users/{query.q}" }') == {"type": "string"}


def test_objects_and_lists_are_described_member_by_member():
    assert shape('{ id: "{id}", pair: [1, "{a}"] }') == {
        "type": "object",
        "required": ["id", "pair"],
        "properties": {
            "id": {"type": "integer", "format": "int64"},
            "pair": {
                "type": "array",
                "prefixItems": [{"type": "integer"}, ANYTHING],
                "minItems": 2,
                "maxItems": 2,
            },
        },
    }


def test_key_with_doubled_braces_is_described_as_it_is_sent():
    assert list(shape('{ "{{id}}": 1 }')["properties"]) == ["{id}"]


def test_nested_steps_have_every_part():
    assert shape('{ profile: "{steps}" }')["properties"]["profile"]["required"] == ["a", "b"]


def test_defaults_are_told_by_the_name_of_their_input():
    told = described(
        steps="a: { get: \"users?page={query.page:int | 1}&q={query.q | 'x'}&t={query.t[] | []}\" }"
    )

    assert told.defaults == {"query.page": 1, "query.q": "x", "query.t": []}


def test_default_of_a_part_of_an_answer_is_no_default_of_an_input():
    assert described(steps='a: { get: users }, b: { get: "users/{a.id | 1}" }').defaults == {}


def test_method_status_summary_and_marking_are_the_routes():
    told = described(key="POST /x/{id:int}", more=", status: 202, summary: Adds one, degraded: header")

    assert (told.method, told.status, told.summary, told.degraded_in_body) == ("POST", 202, "Adds one", False)
    assert str(told.pattern) == "/x/{id:int}"


def test_all_inputs_are_described():
    told = described(steps='a: { get: "users/{id}?q={query.q}" }', respond='"{header.x-a}"')

    assert [each.name for each in told.inputs] == ["id", "query.q", "header.x-a"]


def documented(text):
    """The document of a whole configuration, by method and path."""
    routes = compiled(f"upstreams: {{ users: {{ url: http://a }} }}\nroutes: {text}").routes
    return document(describe_all(routes.values()), version="1")["paths"]


def test_answer_that_is_passed_on_may_be_anything_and_has_every_method():
    paths = documented("{ 'ANY /f/{rest:path}': { proxy: 'users/{rest}', summary: Files } }")

    assert set(paths["/f/{rest}"]) == {"get", "post", "put", "patch", "delete"}
    assert paths["/f/{rest}"]["get"]["responses"] == {
        "default": {"description": "The upstream's own answer, whatever its status.", "content": {"*/*": {}}}
    }
    assert "requestBody" not in paths["/f/{rest}"]["get"]
    assert paths["/f/{rest}"]["post"]["requestBody"] == {"required": False, "content": {"*/*": {}}}
    assert len({each["operationId"] for each in paths["/f/{rest}"].values()}) == 5


def test_answer_has_the_forms_that_the_route_produces():
    steps = "steps: { a: { get: users } }"
    paths = documented(
        f"{{ GET /x: {{ {steps}, produces: [json, msgpack, events] }}, GET /y: {{ {steps} }} }}"
    )

    content = paths["/x"]["get"]["responses"]["200"]["content"]
    assert list(content) == ["application/json", "application/msgpack", "text/event-stream"]
    assert content["application/msgpack"] == content["application/json"]
    assert content["text/event-stream"] == {}
    assert "406" in paths["/x"]["get"]["responses"]
    assert "406" not in paths["/y"]["get"]["responses"]
    assert list(paths["/y"]["get"]["responses"]["200"]["content"]) == ["application/json"]
