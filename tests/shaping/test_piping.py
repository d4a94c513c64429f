"""What each function makes of a value, and what it refuses."""

import base64

import pytest

from gateway.shaping.piping import FUNCTIONS, as_json, piped
from gateway.shaping.tree import Unfit


def through(value, name, *arguments):
    return piped(value, ((FUNCTIONS[name], arguments),))


@pytest.mark.parametrize(
    ("value", "name", "arguments", "expected"),
    [
        ("ÄB", "lower", (), "äb"),
        ("äb", "upper", (), "ÄB"),
        (b'" a\\n"', "trim", (), "a"),
        ("a-b-c", "replace", ("-", ""), "abc"),
        ("abcdef", "slice", (0, 3), "abc"),
        ("abcdef", "slice", (-2,), "ef"),
        ("hé", "base64", (), "aMOp"),
        ("??>", "base64url", (), "Pz8-"),
        ("Pz8-", "unbase64", (), "??>"),
        ("aMOp", "unbase64", (), "hé"),
        ("abc", "sha256", (), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("a/b c", "urlencode", (), "a%2Fb%20c"),
        ("a,b", "split", (",",), b'["a","b"]'),
        (b'["a",2,true,1.50]', "join", ("-",), "a-2-true-1.50"),
        (b"[]", "join", (), ""),
        (b"[1,2]", "first", (), b"1"),
        (b"[1,2]", "last", (), b"2"),
        (b"[]", "first", (), None),
        (b"[null]", "last", (), None),
        (b"[1, 2,1]", "unique", (), b"[1,2]"),
        (b"[1,2]", "length", (), b"2"),
        (b'{"a":1}', "length", (), b"1"),
        (b'"h\xc3\xa9"', "length", (), b"2"),
        ("1.50", "number", (), b"1.50"),
        (b'{"a":1}', "json", (), '{"a":1}'),
        (b"1.50", "lower", (), "1.50"),
        (b"true", "upper", (), "TRUE"),
    ],
)
def test_function_makes_of_a_value(value, name, arguments, expected):
    assert through(value, name, *arguments) == expected


@pytest.mark.parametrize(
    ("value", "name", "arguments"),
    [
        (b"{}", "lower", ()),
        (b"[1]", "sha256", ()),
        (b"{}", "join", ()),
        (b'[["a"]]', "join", ()),
        (b'"a"', "first", ()),
        ("abc?", "unbase64", ()),
        (base64.b64encode(b"\xff").decode(), "unbase64", ()),
        ("1,5", "number", ()),
        ("NaN", "number", ()),
    ],
)
def test_function_refuses_what_is_not_of_its_kind_and_does_not_tell_it(value, name, arguments):
    with pytest.raises(Unfit) as refused:
        through(value, name, *arguments)

    assert "1,5" not in str(refused.value)


def test_what_is_missing_goes_through_all_functions_untouched():
    calls = ((FUNCTIONS["first"], ()), (FUNCTIONS["upper"], ()))

    assert piped(b"[]", calls) is None
    assert piped(b'["a"]', calls) == "A"


def test_text_becomes_json_where_json_is_wanted():
    assert as_json('a"b') == b'"a\\"b"'
    assert as_json(b"1.50") == b"1.50"
