"""Servers, names and references of a document are read as the specification says."""

import pytest

from gateway.importing.foreign import UnreadableError
from tests.importing.openapi.samples import document, get, imported, step_of


def upstreams(**keys):
    draft, told = imported(document({"/a": get()}, **keys))
    return {name: str(settings["url"]) for name, settings in draft.upstreams.items()}, told


@pytest.mark.parametrize(
    ("title", "name"),
    [("Pets", "pets"), ("The Pet Store REST API v1.2", "pet_store_v"), ("é", "api"), ("API", "api")],
)
def test_upstream_is_called_after_the_title(title, name):
    assert list(upstreams(info={"title": title})[0]) == [name]


@pytest.mark.parametrize("servers", [None, [], [{"url": "/v1"}], [{"url": "{nowhere}"}]])
def test_service_whose_address_is_not_said_has_a_variable(servers):
    found, told = upstreams(servers=servers)

    path = "/v1" if servers == [{"url": "/v1"}] else ""
    assert found == {"pets": "${PETS_URL:-http://127.0.0.1:8000" + path + "}"}
    assert "set PETS_URL" in told[-1]


def test_variables_of_servers_have_their_defaults_and_other_servers_are_told():
    server = {"url": "https://{region}.pets/v1/", "variables": {"region": {"default": "eu"}}}
    found, told = upstreams(servers=[server, {"url": "http://staging"}])

    assert found == {"pets": "https://eu.pets/v1"}
    assert told == [
        "not carried servers[1]: another server, http://staging: the first one is called",
        "changed servers[0].variables.region: `region` is always eu",
    ]


def test_paths_and_operations_may_have_servers_of_their_own():
    of_path = get() | {"servers": [{"url": "http://a"}]}
    draft, _ = imported(document({"/a": of_path, "/b": get(servers=[{"url": "http://b"}]), "/c": get()}))

    assert [step["get"] for route in draft.routes.values() for step in route["steps"].values()] == [
        "pets/a",
        "pets_2/b",
        "pets_3/c",
    ]


def test_references_are_followed_with_their_escapes():
    via = {"$ref": "#/components/parameters/a~1b~0c"}
    components = {"parameters": {"a/b~c": {"name": "x", "in": "query"}, "via": via}}
    step, told = step_of(get(parameters=[{"$ref": "#/components/parameters/via"}]), components=components)

    assert (step["query"], told) == ({"x": "{query.x}"}, [])


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("other.yaml#/x", "`other.yaml#/x` is in another file, which is not read"),
        ("#/components/nothing", "there is no `#/components/nothing`"),
    ],
)
def test_reference_that_leads_nowhere_is_told(reference, told):
    assert told in step_of(get(parameters=[{"$ref": reference}]))[1][0]


def test_circle_of_references_ends():
    components = {"parameters": {"a": {"$ref": "#/components/parameters/a"}}}

    assert step_of(get(parameters=[{"$ref": "#/components/parameters/a"}]), components=components)[0]


@pytest.mark.parametrize("root", [{"swagger": "2.0"}, {"openapi": "2.9"}, {"a": 1}, {"openapi": "4.0.0"}])
def test_what_is_no_openapi_3_is_refused(root):
    with pytest.raises(UnreadableError, match=r"0\.json:1:1: this is "):
        imported(root)
