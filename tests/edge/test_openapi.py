"""Every route stands in the document with its parameters, its answer and its problems."""

import json

from fastapi.openapi.models import OpenAPI

from gateway.edge.inputs import Input
from gateway.edge.openapi import RouteDescription, document
from gateway.edge.pattern import parse_pattern
from gateway.edge.schemas import object_schema


def route(key, **options):
    method, _, path = key.partition(" ")
    return RouteDescription(method=method, pattern=parse_pattern(path), **options)


PROFILE = route(
    "GET /user/profile/{user_id:int}",
    summary="A user's profile",
    inputs=(Input("path", ("user_id",), "int", required=True), Input("query", ("page",), "int")),
    defaults={"query.page": 1},
    response=object_schema({"profile": {}, "user_id": {"type": "integer"}}),
)
ORDER = route(
    "POST /orders",
    inputs=(Input("body", ("sku",), "str", required=True), Input("header", ("idempotency-key",))),
    status=201,
)


def described(*routes, **options):
    made = document(routes, version="1", **options)
    OpenAPI.model_validate(made)
    return json.loads(json.dumps(made))


def test_document_is_openapi_31():
    made = described(PROFILE, ORDER)

    assert made["openapi"] == "3.1.0"
    assert set(made["paths"]) == {"/user/profile/{user_id}", "/orders"}


def test_document_without_routes_is_sound():
    assert described()["paths"] == {}


def test_parameters_have_type_place_and_default():
    parameters = described(PROFILE)["paths"]["/user/profile/{user_id}"]["get"]["parameters"]

    assert parameters == [
        {
            "name": "user_id",
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "format": "int64"},
        },
        {
            "name": "page",
            "in": "query",
            "required": False,
            "schema": {"type": "integer", "format": "int64", "default": 1},
        },
    ]


def test_path_parameter_that_no_template_reads_is_still_told():
    operation = described(route("GET /a/{unread}"))["paths"]["/a/{unread}"]["get"]

    assert [each["name"] for each in operation["parameters"]] == ["unread"]


def test_body_is_described_by_the_fields_that_are_read():
    operation = described(ORDER)["paths"]["/orders"]["post"]

    assert operation["requestBody"]["required"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["sku"]
    assert {"408", "413", "415"} <= set(operation["responses"])


def test_route_without_a_body_has_no_problems_of_bodies():
    responses = described(PROFILE)["paths"]["/user/profile/{user_id}"]["get"]["responses"]

    assert set(responses) == {"200", "400", "404", "4XX", "500", "502", "503", "504"}


def test_problems_are_problem_json():
    responses = described(PROFILE)["paths"]["/user/profile/{user_id}"]["get"]["responses"]

    assert responses["504"]["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }
    assert "Retry-After" in responses["503"]["headers"]


def test_answer_has_the_routes_status_and_shape_with_the_degraded_member():
    responses = described(PROFILE)["paths"]["/user/profile/{user_id}"]["get"]["responses"]
    schema = responses["200"]["content"]["application/json"]["schema"]

    assert set(schema["properties"]) == {"profile", "user_id", "degraded"}
    assert schema["required"] == ["profile", "user_id"]
    assert "201" in described(ORDER)["paths"]["/orders"]["post"]["responses"]


def test_answer_that_keeps_its_body_has_no_degraded_member():
    plain = route("GET /a", response=object_schema({"x": {}}), degraded_in_body=False)
    answer = described(plain)["paths"]["/a"]["get"]["responses"]["200"]

    assert set(answer["content"]["application/json"]["schema"]["properties"]) == {"x"}


def test_answer_without_a_body_has_no_content():
    assert "content" not in described(route("PUT /a", status=204))["paths"]["/a"]["put"]["responses"]["204"]


def test_routes_that_differ_only_in_a_type_both_stand_there():
    paths = described(route("GET /u/{id:int}"), route("GET /u/{id:uuid}"))["paths"]

    assert set(paths) == {"/u/{id}", "/u/{id_uuid}"}
    assert paths["/u/{id_uuid}"]["get"]["parameters"][0]["name"] == "id_uuid"


def test_operations_have_names_of_their_own():
    paths = described(route("GET /a-b"), route("GET /a/b"), route("POST /a/b"))["paths"]
    identifiers = [operation["operationId"] for path in paths.values() for operation in path.values()]

    assert identifiers == ["get_a_b", "get_a_b_2", "post_a_b"]


def test_server_is_told_only_if_it_is_another():
    assert "servers" not in described(PROFILE)
    assert described(PROFILE, server="/gw")["servers"] == [{"url": "/gw"}]
