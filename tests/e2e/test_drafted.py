"""A configuration drafted from an OpenAPI document serves what the document describes."""

import contextlib
import json

import pytest

from gateway.importing.foreign import parsed
from gateway.importing.openapi.convert import convert
from gateway.importing.sound import sound_text
from tests.support.gateways import Site, replying, serving
from tests.support.servers import scripted

OK = {"200": {"description": "ok"}}
ID = {"name": "petId", "in": "path", "required": True, "schema": {"type": "integer"}}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
TAGS = {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
PATHS = {
    "/pets": {
        "get": {"parameters": [LIMIT, TAGS], "responses": OK},
        "post": {
            "requestBody": {"required": True, "content": {"application/json": {}}},
            "responses": {"201": {"description": "made"}},
        },
    },
    "/pets/{petId}": {
        "parameters": [ID],
        "get": {"responses": OK},
        "delete": {"responses": {"204": {"description": "gone"}}},
    },
    "/pets/{petId}/photo": {
        "parameters": [ID],
        "get": {"responses": {"200": {"content": {"image/png": {}}}}},
        "put": {"requestBody": {"content": {"image/png": {}}}, "responses": OK},
    },
    "/list": {"get": {"responses": {"200": {"content": {"text/csv": {}}}}}},
    "/login": {
        "post": {
            "security": [],
            "requestBody": {
                "required": True,
                "content": {
                    "application/x-www-form-urlencoded": {"schema": {"properties": {"user": {}, "word": {}}}}
                },
            },
            "responses": OK,
        }
    },
}


@contextlib.asynccontextmanager
async def drafted(pages):
    """Serve the draft of the document above, in front of a server with these *pages*."""
    site = Site(pages)
    async with scripted(site) as server:
        document = {
            "openapi": "3.1.0",
            "info": {"title": "Pets"},
            "servers": [{"url": f"{server.url}/v1"}],
            "paths": PATHS,
            "security": [{"token": []}],
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        }
        draft, report = convert([parsed(json.dumps(document), "pets.json")])
        async with serving(sound_text(draft, report, "drafted")) as served:
            served.site = site
            yield served


async def test_parameters_and_credentials_go_on():
    async with drafted({"/v1/pets": [1, 2]}) as served:
        answer = await served.get("/pets?limit=5&tags=a&tags=b&other=1", ("authorization", "Bearer x"))
        (asked,) = served.site.asked

    assert (answer.status, answer.json) == (200, [1, 2])
    assert asked.target == "/v1/pets?limit=5&tags=a&tags=b"
    assert asked.headers["authorization"] == "Bearer x"


async def test_parameter_of_another_type_is_refused_without_a_call():
    async with drafted({}) as served:
        assert (await served.get("/pets?limit=five")).status == 400
        assert (await served.get("/pets/rex")).status == 400
        assert served.site.asked == []


async def test_body_and_status_are_the_documents():
    async with drafted({"/v1/pets": (200, {"id": 1})}) as served:
        answer = await served.ask("/pets", method="POST", body={"name": "Rex"})
        (asked,) = served.site.asked

    assert (answer.status, answer.json) == (201, {"id": 1})
    assert json.loads(asked.body) == {"name": "Rex"}


async def test_json_of_a_client_goes_on_as_a_form():
    async with drafted({"/v1/login": {"ok": True}}) as served:
        await served.ask("/login", method="POST", body={"user": "a b", "word": "c&d"})
        (asked,) = served.site.asked

    assert asked.body == b"user=a%20b&word=c%26d"
    assert "authorization" not in asked.headers


@pytest.mark.parametrize(("status", "expected"), [(204, 200), (404, 404), (401, 401), (500, 502)])
async def test_statuses_are_the_upstreams_or_say_whose_fault_it_is(status, expected):
    async with drafted({"/v1/pets/7": (status, "")}) as served:
        answer = await served.ask("/pets/7", method="DELETE")

    assert answer.status == expected


async def test_what_is_no_json_is_passed_on_as_it_comes():
    picture = replying(b"\x89PNG\x00", headers=["content-type: image/png"])
    async with drafted({"/v1/pets/7/photo": picture}) as served:
        answer = await served.get("/pets/7/photo", ("authorization", "Bearer x"))
        (asked,) = served.site.asked

    assert (answer.body, answer.headers["content-type"]) == (b"\x89PNG\x00", "image/png")
    assert asked.headers["authorization"] == "Bearer x"


async def test_tables_become_json():
    table = replying(b"id,name\n1,Rex\n", headers=["content-type: text/csv"])
    async with drafted({"/v1/list": table}) as served:
        assert (await served.get("/list")).json == [{"id": "1", "name": "Rex"}]
