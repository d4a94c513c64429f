"""What may stand where in a request, checked against the standard library's own idea of a URL."""

from urllib.parse import parse_qsl, quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.transport.escaping import (
    encoded,
    encoded_path,
    header_fault,
    is_token,
    path_fault,
    segment_fault,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT)
def test_encoding_is_that_of_the_standard_library(text):
    assert encoded(text) == quote(text, safe="")
    assert encoded_path(text) == quote(text, safe="/")


@given(TEXT)
def test_encoded_text_reads_back_as_itself(text):
    assert unquote(encoded(text), errors="strict") == text
    assert parse_qsl(f"a={encoded(text)}&b=", keep_blank_values=True) == [("a", text), ("b", "")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        ("a/b", "holds a slash"),
        ("a\\b", "holds a backslash"),
        ("a\x00", "holds a control character"),
        ("a\n", "holds a control character"),
        ("\x7f", "holds a control character"),
        ("\x85", "holds a control character"),
        ("a b", None),
        ("%2F", None),
        ("?#;=", None),
        ("é日本", None),
        ("..", None),
    ],
)
def test_segment_faults(text, fault):
    assert segment_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a/b.c/d", None),
        ("a", None),
        ("", "has an empty segment"),
        ("a//b", "has an empty segment"),
        ("/a", "has an empty segment"),
        ("a/", "has an empty segment"),
        ("a/../b", "has a segment of dots"),
        (".", "has a segment of dots"),
        ("a/b\\c", "holds a backslash"),
        ("a/\x01", "holds a control character"),
        ("a/...", None),
    ],
)
def test_path_faults(text, fault):
    assert path_fault(text) == fault


@pytest.mark.parametrize("code", [*range(9), *range(10, 32), 127])
def test_no_control_character_but_tab_is_in_a_header(code):
    assert header_fault(f"a{chr(code)}b") == "holds a control character"


def test_octets_beyond_ascii_may_be_in_a_header():
    assert header_fault("a\tb é \x85") is None


def test_characters_beyond_latin_1_have_no_octet():
    assert header_fault("日") == "holds a character that no header can carry"


@pytest.mark.parametrize("name", ["x-a", "X_1", "a!#$%&'*+.^_`|~b"])
def test_tokens(name):
    assert is_token(name)


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\n", "é", "a(b)"])
def test_what_is_no_token(name):
    assert not is_token(name)
