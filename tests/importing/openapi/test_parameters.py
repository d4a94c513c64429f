"""Parameters of an operation are what its route reads, with their types."""

import pytest

from tests.importing.openapi.samples import get, route_of, step_of


def query(schema, **keys):
    parameter = {"name": "p", "in": "query", "schema": schema} | keys
    step, told = step_of(get(parameters=[parameter]))
    return step.get("query", {}).get("p"), told


@pytest.mark.parametrize(
    ("schema", "reference"),
    [
        ({}, "{query.p}"),
        ({"type": "string"}, "{query.p}"),
        ({"type": "integer"}, "{query.p:int}"),
        ({"type": ["integer", "null"]}, "{query.p:int}"),
        ({"type": "number"}, "{query.p:number}"),
        ({"type": "boolean"}, "{query.p:bool}"),
        ({"type": "string", "format": "uuid"}, "{query.p:uuid}"),
        ({"type": "array", "items": {"type": "integer"}}, "{query.p[]:int}"),
        ({"type": "array"}, "{query.p[]}"),
    ],
)
def test_query_parameters_have_types(schema, reference):
    assert query(schema) == (reference, [])


def test_list_in_one_value_is_one_text():
    assert query({"type": "array"}, explode=False) == ("{query.p}", [])


def test_objects_in_queries_are_told():
    assert query({"type": "object"}, style="deepObject")[0] is None
    assert "`p` is an object" in query({"type": "object"})[1][0]


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [({"type": "integer"}, "/a/{id:int}"), ({"format": "uuid"}, "/a/{id:uuid}"), ({}, "/a/{id}")],
)
def test_path_parameters_have_types(schema, pattern):
    parameter = {"name": "id", "in": "path", "required": True, "schema": schema}
    key, route, _ = route_of({"/a/{id}": get(parameters=[parameter])})

    assert key == f"GET {pattern}"
    assert route["steps"]["it"]["get"] == "pets/a/{id}"


def test_names_that_mean_something_here_are_changed():
    parameter = {"name": "query", "in": "path", "required": True}

    assert route_of({"/a/{query}": get(parameters=[parameter])})[0] == "GET /a/{query_2}"


def test_parameters_of_the_operation_go_before_those_of_the_path():
    both = get(parameters=[{"name": "p", "in": "query", "schema": {"type": "integer"}}]) | {
        "parameters": [{"name": "p", "in": "query"}, {"name": "q", "in": "query"}]
    }

    assert step_of(both)[0]["query"] == {"p": "{query.p:int}", "q": "{query.q}"}


def test_headers_are_passed_on_but_for_those_that_openapi_describes_elsewhere():
    names = ("X-A", "Accept", "Authorization", "Content-Type", "Host")
    parameters = [{"name": name, "in": "header"} for name in names]

    assert step_of(get(parameters=parameters))[0]["headers"] == {"x-a": "{header.x-a}"}


def test_required_cookies_are_passed_on():
    cookies = [{"name": name, "in": "cookie", "required": name != "c"} for name in ("a", "b", "c")]
    step, told = step_of(get(parameters=cookies))

    assert step["headers"] == {"cookie": "a={cookie.a}; b={cookie.b}"}
    assert "the cookie `c`" in told[0]


def test_credentials_are_passed_on_for_the_upstream_to_check():
    schemes = {
        "token": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "old": {"type": "apiKey", "in": "query", "name": "key"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "c"},
    }
    step, told = step_of(
        get(security=[{"token": []}, {"key": [], "old": []}, {"cookie": []}]),
        components={"securitySchemes": schemes},
    )

    assert step["headers"] == {"authorization": "{header.authorization}", "x-key": "{header.x-key}"}
    assert step["query"] == {"key": "{query.key}"}
    assert told == [
        'not carried paths["/a"].get.security[2]: credentials of the kind `cookie` are not passed on'
    ]


def test_operation_without_security_of_its_own_has_the_documents():
    scheme = {"securitySchemes": {"token": {"type": "oauth2"}}}

    assert "headers" in step_of(get(), components=scheme, security=[{"token": []}])[0]
    assert "headers" not in step_of(get(security=[]), components=scheme, security=[{"token": []}])[0]
