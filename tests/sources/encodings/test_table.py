"""Every encoding: what it becomes, and that nothing malformed ever becomes a document."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.outcome import Cause, Failure
from gateway.sources.encodings.table import DECODERS

XML = b'<?xml version="1.0"?><a id="7">x</a>'


def decoded(name, body, content_type=None):
    """The value, or the cause of the failure."""
    document = DECODERS[name](body, content_type)
    return document.cause if isinstance(document, Failure) else json.loads(document)


@pytest.mark.parametrize(
    ("name", "body", "value"),
    [
        ("json", b' {"a":1} ', {"a": 1}),
        ("ndjson", b'{"a":1}\n\n [2]\r\n', [{"a": 1}, [2]]),
        ("ndjson", b"\n", []),
        ("xml", XML, {"a": {"@id": "7", "#text": "x"}}),
        ("yaml", b"a: [1, 2.50, x]\n", {"a": [1, 2.5, "x"]}),
        ("csv", b'a,b\r\n1,"x, y"\r\n', [{"a": "1", "b": "x, y"}]),
        ("form", b"a=1&b=%C3%A9+x&a=2&a=&c", {"a": ["1", "2", ""], "b": "é x", "c": ""}),
        ("text", b"12", "12"),
        ("text", b'{"a":1}', '{"a":1}'),
    ],
)
def test_body_becomes_json(name, body, value):
    assert decoded(name, body) == value


@pytest.mark.parametrize(
    ("content_type", "body", "value"),
    [
        (None, b"[1]", [1]),
        (b"application/json; charset=utf-8", b"[1]", [1]),
        (b"application/problem+json", b"[1]", [1]),
        (b"Text/XML", b"<a/>", {"a": None}),
        (b"application/atom+xml;type=feed", b"<a/>", {"a": None}),
        (b"application/yaml", b"a: 1", {"a": 1}),
        (b"text/csv", b"a\n1", [{"a": "1"}]),
        (b"application/x-www-form-urlencoded", b"a=1", {"a": "1"}),
        (b"application/x-ndjson", b"1\n2", [1, 2]),
        (b"text/plain", b"1", "1"),
        (b"image/png", b"1", 1),
        (b"image/png", b"\x89PNG", Cause.UNREADABLE),
    ],
)
def test_auto_goes_by_the_content_type_and_takes_the_rest_for_json(content_type, body, value):
    assert decoded("auto", body, content_type) == value


@pytest.mark.parametrize(
    ("charset", "body", "value"),
    [
        (b"", "é".encode(), "é"),
        (b"; charset=UTF-8", b"\xef\xbb\xbfx", "x"),
        (b'; charset="iso-8859-1"', b"\xe9", "é"),
        (b"; charset=windows-1252", b"\x80", "€"),
        (b"; charset=utf-16", "é".encode("utf-16"), "é"),
        (b"", b"\xe9", Cause.UNREADABLE),
        (b"; charset=utf-7", b"x", Cause.UNREADABLE),
        (b"; charset=rot13", b"x", Cause.UNREADABLE),
    ],
)
def test_text_is_in_the_charset_that_came_with_it(charset, body, value):
    assert decoded("text", body, b"text/plain" + charset) == value


WRONG = {
    "json": [b"{"],
    "ndjson": [b"1\n{\n"],
    "xml": [b"", b"<a>", b"<a/><b/>", b"x", b"<a>\xff</a>", b'<?xml version="1.0" encoding="x"?><a/>'],
    "yaml": [b"a: [", b"a: b: c", b"--- 1\n--- 2", b"{[1]: 2}", b"\xff", b"a: 1\na: 2", b"\x00"],
    "csv": [b"a\n1,2", b'a\n"x', b'a\n"x"y', b"a,a\n1,2"],
    "form": [b"a=%ff", b"&".join([b"a=1"] * 10_001)],
}
MALFORMED = [(name, body) for name, bodies in WRONG.items() for body in bodies]


@pytest.mark.parametrize(("name", "body"), MALFORMED)
def test_what_is_malformed_is_unreadable(name, body):
    assert decoded(name, body) is Cause.UNREADABLE


BOMB = b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("xml", BOMB),
        ("xml", b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x"><a/>'),
        ("xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
        ("yaml", b"a: &x [1]\nb: *x"),
        ("yaml", b"!!python/object/apply:os.system ['true']"),
        ("yaml", b"!!set {a}"),
    ],
)
def test_what_could_stand_for_more_than_it_says_is_refused(name, body):
    assert decoded(name, body) is Cause.UNREADABLE


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("xml", b"<a>" * 600 + b"</a>" * 600),
        ("xml", b"<a>" * 50_000 + b"</a>" * 50_000),
        ("yaml", b"[" * 600 + b"]" * 600),
        ("yaml", b"[" * 100_000 + b"]" * 100_000),
        ("json", b"[" * 600 + b"]" * 600),
        ("ndjson", b"[" * 600 + b"]" * 600),
    ],
)
def test_what_is_too_deep_is_unreadable(name, body):
    assert decoded(name, body) is Cause.UNREADABLE


def test_table_whose_names_would_make_it_much_larger_is_too_large():
    names = b",".join(b"n" * 500 + b"%d" % n for n in range(10))

    assert decoded("csv", names + b"\n" + b"\n1,1,1,1,1,1,1,1,1,1" * 5000) is Cause.TOO_LARGE


@given(st.sampled_from(sorted(DECODERS)), st.binary(max_size=200))
def test_whatever_comes_it_is_json_or_a_failure(name, body):
    document = DECODERS[name](body, b"text/plain")

    assert isinstance(document, Failure) or json.loads(document) is not ...


@given(st.sampled_from(["xml", "yaml", "csv", "form"]), st.text("<>/a&;:=[]{}\"',\n -?!*|#%1.e", max_size=60))
def test_text_that_is_nearly_right_too(name, text):
    document = DECODERS[name](text.encode(), None)

    assert isinstance(document, Failure) or json.loads(document) is not ...


def test_failure_says_nothing_of_the_body():
    for name, body in (("xml", b"<secret"), ("yaml", b"secret: [secret"), ("csv", b'secret\n"secret')):
        assert "secret" not in DECODERS[name](body, None).detail
