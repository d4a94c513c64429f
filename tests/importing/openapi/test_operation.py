"""An operation becomes a route with one step, or it is told why not."""

import pytest

from tests.importing.openapi.samples import OK, document, get, imported, route_of, step_of


def post(content, **keys):
    return {"post": {"requestBody": {"required": True, "content": content} | keys, "responses": OK}}


def test_summary_and_status_are_the_routes():
    _, route, _ = route_of({"/a": get(summary="All of it", responses={"201": {"description": "made"}})})

    assert (route["summary"], route["status"]) == ("All of it", 201)
    assert route["respond"] == "{it}"


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/hal+json", "*/*"])
def test_json_body_goes_on_as_it_is(kind):
    assert step_of(post({kind: {}})) == ({"post": "pets/a", "body": "{body}"}, [])


def test_optional_body_must_be_there():
    assert "a body must be there" in step_of(post({"application/json": {}}, required=False))[1][0]


def test_form_is_made_of_json():
    schema = {"properties": {"user": {}, "pass word": {}}}
    step, told = step_of(post({"application/x-www-form-urlencoded": {"schema": schema}}))

    assert step["form"] == {"user": "{body.user}", "pass word": "{body['pass word']}"}
    assert "clients send JSON" in told[0]


@pytest.mark.parametrize(
    ("path", "operation", "told"),
    [
        ("/a/{b}.json", get(), "a parameter fills a whole segment here"),
        ("/health", get(), "/health… answers for the gateway itself"),
    ],
)
def test_operation_that_cannot_be_a_route_is_left_out(path, operation, told):
    draft, lines = imported(document({path: operation}))

    assert not draft.routes
    assert len(lines) == 1
    assert lines[0].startswith("LEFT OUT ")
    assert told in lines[0]


def test_answer_without_a_body_is_null():
    _, told = step_of(get(responses={"204": {"description": "gone"}}))

    assert told == ['changed paths["/a"].get.responses.204: the answer is `null` with status 200, not 204']


def test_methods_of_the_gateways_own_are_told():
    _, told = step_of(get() | {"head": {"responses": OK}, "options": {"responses": OK}})

    assert [line.partition(": ")[2] for line in told] == ["the gateway answers this method by itself"] * 2


def test_second_route_for_the_same_requests_is_left_out():
    draft, told = imported(document({"/{a}": get()}), document({"/{b}": get()}))

    assert list(draft.routes) == ["GET /{a}"]
    assert told == ['LEFT OUT paths["/{b}"].get: GET /{b}: GET /{a} answers the same requests']


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        (post({"multipart/form-data": {}}), "it takes multipart/form-data, so it is passed on as it comes"),
        (
            get(responses={"200": {"content": {"image/png": {}}}}),
            "it answers image/png, so it is passed on as it comes",
        ),
    ],
)
def test_what_is_no_json_is_passed_on(operation, told):
    (method,) = operation
    operation[method]["parameters"] = [
        {"name": "a", "in": "query"},
        {"name": "X-A", "in": "header"},
        {"name": "c", "in": "cookie", "required": True},
    ]
    _, route, lines = route_of({"/a": operation})

    forward = {"headers": ["x-a"], "cookies": ["c"], "query": ["a"]}
    assert route == {"proxy": {"to": "pets/a", "forward": forward}}
    assert lines[0].endswith(told)


@pytest.mark.parametrize("kind", ["text/csv", "application/atom+xml", "text/plain; charset=utf-8"])
def test_other_texts_are_decoded(kind):
    step, told = step_of(get(responses={"200": {"content": {kind: {}}}}))

    assert (step["decode"], told) == ("auto", [])
    assert step_of(get(responses={"2XX": {"content": {kind: {}}}}))[0]["decode"] == "auto"
