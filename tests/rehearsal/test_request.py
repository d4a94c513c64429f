"""Requests are read as people write them."""

import pytest

from gateway.rehearsal.request import Request, parse_request


@pytest.mark.parametrize(
    ("text", "method", "target"),
    [
        ("GET /user/42?full=1", "GET", "/user/42?full=1"),
        ("  delete   /user/42 ", "DELETE", "/user/42"),
        ("/user/42", "GET", "/user/42"),
        ("/caf\u00e9 x?q=\u00e9&%20", "GET", "/caf%C3%A9%20x?q=%C3%A9&%20"),
        ("/a#b", "GET", "/a"),
    ],
)
def test_method_and_target_are_told_apart(text, method, target):
    request = parse_request(text)

    assert (request.method, request.target) == (method, target)


def test_body_makes_a_post_of_a_bare_target():
    assert parse_request("/user", body=b"{}").method == "POST"
    assert parse_request("PUT /user", body=b"{}").method == "PUT"


def test_headers_are_lines():
    request = parse_request("/x", ("Authorization: Bearer a:b", "x-a:1"))

    assert request.headers == (("authorization", "Bearer a:b"), ("x-a", "1"))


@pytest.mark.parametrize("text", ["", "GET", "GET x", "FETCH /x", "http://host/x", "x"])
def test_what_is_no_request_is_told(text):
    with pytest.raises(ValueError, match="write GET /path"):
        parse_request(text)


@pytest.mark.parametrize("line", ["x", ": x", "a: \n", "a: \u00e9"])
def test_what_is_no_header_is_told(line):
    with pytest.raises(ValueError, match="is no header; write name: value"):
        parse_request("/x", (line,))


def test_scope_is_what_a_server_gives():
    scope = Request("POST", "/a%20b?x=1", (("x-a", "1"),), b"{}").scope()

    assert (scope["path"], scope["raw_path"], scope["query_string"]) == ("/a b", b"/a%20b", b"x=1")
    assert dict(scope["headers"]) == {
        b"x-a": b"1",
        b"host": b"localhost",
        b"content-type": b"application/json",
        b"content-length": b"2",
    }


def test_own_host_and_content_type_stay():
    scope = Request("POST", "/", (("host", "h"), ("content-type", "text/plain")), b"x").scope()

    assert dict(scope["headers"])[b"host"] == b"h"
    assert dict(scope["headers"])[b"content-type"] == b"text/plain"
