"""What clients send is described by what routes read."""

import pytest

from gateway.edge.inputs import Input
from gateway.edge.schemas import COMPONENTS, body_schema, object_schema, value_schema
from gateway.outcome import Cause


def field(*keys, as_="str", **options):
    return Input("body", keys, as_, **options)


def test_list_of_values_is_an_array():
    assert value_schema("uuid", many=True) == {"type": "array", "items": {"type": "string", "format": "uuid"}}


@pytest.mark.parametrize("type_", ["int", "str", "uuid", "number", "bool", "path", "json"])
def test_every_type_of_the_grammar_has_a_schema(type_):
    assert isinstance(value_schema(type_), dict)


def test_changing_a_schema_changes_no_other():
    value_schema("int")["default"] = 1

    assert "default" not in value_schema("int")


def test_fields_of_a_body_are_nested_objects():
    schema = body_schema([field("user", "id", as_="int", required=True), field("user", "name")], {})

    assert schema == {
        "type": "object",
        "required": ["user"],
        "properties": {
            "user": {
                "type": "object",
                "required": ["id"],
                "properties": {"id": {"type": "integer", "format": "int64"}, "name": {"type": "string"}},
            }
        },
    }


def test_indices_are_arrays():
    schema = body_schema([field("items", 0, "sku")], {})

    assert schema["properties"]["items"] == {
        "type": "array",
        "items": {"type": "object", "properties": {"sku": {"type": "string"}}},
    }


def test_whole_body_may_be_anything():
    assert body_schema([field(as_="json", required=True)], {}) == {}


def test_default_of_a_field_is_told():
    schema = body_schema([field("page", as_="int")], {"body.page": 1})

    assert schema["properties"]["page"]["default"] == 1


def test_answer_with_known_members_has_them_always():
    assert object_schema({"a": {}, "b": {"type": "array"}})["required"] == ["a", "b"]


def test_degraded_member_lists_every_cause():
    member = COMPONENTS["schemas"]["Degraded"]["additionalProperties"]

    assert set(member["properties"]["cause"]["enum"]) == {str(cause) for cause in Cause}


def test_list_that_is_bounded_says_so():
    assert value_schema("int", many=True, most=3)["maxItems"] == 3
    assert body_schema([Input("body", ("ids",), "json", many=True, most=3)], {}) == {
        "type": "object",
        "properties": {"ids": {"type": "array", "items": {}, "maxItems": 3}},
    }
