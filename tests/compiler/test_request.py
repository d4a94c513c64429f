"""Whole calls, and the promise that no value changes the shape of a request."""

import json
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import httptools
from hypothesis import event, given, settings
from hypothesis import strategies as st

from gateway.compiler.names import Edges
from gateway.compiler.request import RequestTemplate
from gateway.edge.inputs import InputFault
from gateway.outcome import Failure
from gateway.transport.escaping import header_fault, segment_fault
from tests.support.templates import DOWN, names, prepared, scope

NASTY = st.sampled_from(
    [
        ".",
        "..",
        "/",
        "\\",
        "%2F",
        "%2e%2e",
        "?",
        "#",
        "&",
        "=",
        ";",
        "+",
        "\r\n",
        "\x00",
        " ",
        "é",
        "日",
        "a",
        "{",
        "@:",
    ]
)
TEXT = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.text("ab.%?#&=;+ @é:{}2Fe", min_size=1, max_size=8)
    | st.lists(NASTY, max_size=4).map("".join)
)


def test_short_call_is_one_request():
    request = prepared("users/{id}", params={"id": "int"}, client={"path": {"id": "7"}}, base="/v1")
    assert (request.method, request.target, request.headers, request.body) == (
        "GET",
        b"/v1/users/7",
        b"",
        b"",
    )


def test_call_with_everything():
    request = prepared(
        "a/{user.id}",
        query=[("q", "{query.q}"), ("n", "5")],
        headers={"X-T": "{header.x-t}"},
        content=("json", {"u": "{user.id}"}),
        outcomes=[b'{"id":9}'],
        client={"query": b"q=x", "headers": [(b"x-t", b"t")]},
    )
    assert request.target == b"/a/9?q=x&n=5"
    assert request.headers == b"content-type: application/json\r\nx-t: t\r\n"
    assert request.body == b'{"u":9}'


def test_first_failure_is_the_result_wherever_it_stands():
    for call in (
        {"path": "{user.id}"},
        {"query": [("a", "{user.id}")]},
        {"headers": {"a": "{user.id}"}},
        {"content": ("json", "{user.id}")},
    ):
        assert prepared(**call, outcomes=[DOWN]).need is DOWN


def test_edges_come_from_every_part_of_the_call():
    known = names(steps=("a", "b", "c", "d", "e"))
    template = RequestTemplate(
        known, "POST", "{a.x}", [("q", "{b.x | 1}")], {"x-h": "{c.x}{b.y | 2}"}, ("form", {"f": "{d}"})
    )
    assert template.edges == Edges(frozenset({0, 2, 3}), frozenset({1}))
    assert template.always_sends("x-h")


def test_faults_of_every_part_are_reported_with_their_place():
    template = RequestTemplate(
        names(), "POST", "{x}", [("q", "{x}")], {"host": "a", "x-h": "{x}"}, ("json", {"j": ["{x}"]})
    )
    assert [fault.path for fault in template.faults] == [
        ("path",),
        ("query", "q"),
        ("headers", "host"),
        ("headers", "x-h"),
        ("json", "j", 0),
    ]


def test_type_of_a_later_template_holds_in_an_earlier_one():
    known = names()
    first = RequestTemplate(known, "POST", "", content=("json", {"n": "{query.n}"}))
    RequestTemplate(known, "GET", "", [("n", "{query.n:int}")])
    assert first.compiled()(scope(["7"])).body == b'{"n":7}'


CALL = {
    "path": "p/{query.a}/x{user.b}y/{user.c}",
    "query": [("one", "{query.a}"), ("t w&o", "-{user.b}-"), ("end", "1")],
    "headers": {"x-a": "v{query.a}", "x-b": "{user.b}", "x-end": "1"},
}


@settings(max_examples=500)
@given(TEXT, TEXT, TEXT)
def test_no_value_changes_the_shape_of_a_request(a, b, c):
    client = {"query": f"a={quote(a, safe='')}".encode()}
    try:
        request = prepared(**CALL, client=client, outcomes=[json.dumps({"b": b, "c": c}).encode()])
    except InputFault:
        event("refused as a bad request")
        assert segment_fault(a) or header_fault(a) or a in {".", ".."}
        return
    if isinstance(request, Failure):
        event("skipped")
        assert segment_fault(b) or header_fault(b) or segment_fault(c) or c in {".", ".."}
        return
    event("sent")
    for path, query, fragment in (by_urllib(request.target), by_httptools(request.target)):
        assert [unquote(part, errors="strict") for part in path.split("/")] == ["", "p", a, f"x{b}y", c]
        assert parse_qsl(query, keep_blank_values=True, errors="strict") == [
            ("one", a),
            ("t w&o", f"-{b}-"),
            ("end", "1"),
        ]
        assert not fragment
    assert header_lines(request.headers) == [("x-a", f"v{a}".strip()), ("x-b", b.strip()), ("x-end", "1")]


@given(TEXT)
def test_no_form_value_changes_the_form(a):
    request = prepared(
        "x", content=("form", {"a": "{user.a}", "b": "1"}), outcomes=[json.dumps({"a": a}).encode()]
    )
    assert parse_qsl(request.body.decode(), keep_blank_values=True) == [("a", a), ("b", "1")]


@given(st.lists(TEXT, max_size=4))
def test_rest_of_a_path_keeps_its_segments(segments):
    rest = "/".join(segments).split("/")
    client = {"path": {"rest": "/".join(segments)}}
    try:
        request = prepared("p/{rest}", params={"rest": "path"}, client=client)
    except InputFault:
        assert any(segment_fault(part) or part in {".", ".."} for part in rest)
        return
    for path, query, fragment in (by_urllib(request.target), by_httptools(request.target)):
        assert [unquote(part, errors="strict") for part in path.split("/")] == ["", "p", *rest]
        assert not query
        assert not fragment


def by_urllib(target):
    parts = urlsplit(b"http://h" + target)
    return parts.path.decode(), parts.query.decode(), parts.fragment


def by_httptools(target):
    url = httptools.parse_url(target)
    return url.path.decode(), (url.query or b"").decode(), url.fragment


def header_lines(block):
    """The lines as an HTTP parser that is not ours sees them."""
    seen = []

    class Seen:
        def on_header(self, name, value):
            seen.append((name.decode(), value.decode("latin-1").strip()))

    parser = httptools.HttpRequestParser(Seen())
    parser.feed_data(b"GET / HTTP/1.1\r\n" + block + b"\r\n")
    return seen
