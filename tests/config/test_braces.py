import pytest

from gateway.config.braces import cut, outside, percent_decoded


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a&b", ["a", "b"]),
        ("{x | 'a&b'}&c", ["{x | 'a&b'}", "c"]),
        ("{x | '}&'}&c", ["{x | '}&'}", "c"]),
        ("${A:-b&c}&d", ["${A:-b&c}", "d"]),
        ("${A:-it's}&d", ["${A:-it's}", "d"]),
        ("{{&}}", ["{{", "}}"]),
        ("{never closed&b", ["{never closed", "b"]),
        ("&", ["", ""]),
        ("", [""]),
    ],
)
def test_text_is_cut_outside_of_braces(text, parts):
    assert cut(text, "&") == parts


def test_text_is_cut_as_often_as_asked():
    assert cut("a/b/c", "/", 1) == ["a", "b/c"]
    assert cut("a/b/c", "/") == ["a", "b", "c"]


def test_outside_is_what_no_brace_holds():
    assert outside("a{b}c${d}e{{f}}g") == "aceg".replace("e", "ef", 1)


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("a%20b", "a b"),
        ("%C3%A9", "é"),
        ("{a | '%20'}%20", "{a | '%20'} "),
        ("%7Bx%7D", "{{x}}"),
        ("5%", "5%"),
    ],
)
def test_escapes_are_decoded_outside_of_braces_and_never_make_a_reference(text, decoded):
    assert percent_decoded(text) == decoded


def test_escapes_that_are_not_utf8_are_refused():
    with pytest.raises(UnicodeDecodeError):
        percent_decoded("%ff")
