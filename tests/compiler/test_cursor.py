"""A cursor takes what stands where it is, and says where it was when something is wrong."""

import re

import pytest

from gateway.compiler.cursor import Cursor, Literal, TemplateFault, shown


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("1.50", Literal(b"1.50", "1.50")),
        ("true", Literal(b"true", "true")),
        ("null", Literal(b"null", None)),
        ("'a''b{{'", Literal(b'"a\'b{"', "a'b{")),
        ("[]", Literal(b"[]", None)),
        ("{}", Literal(b"{}", None)),
        ("word", None),
        ("", None),
    ],
)
def test_literal_is_read_or_left_alone(text, literal):
    cursor = Cursor(text)

    assert cursor.literal() == literal
    assert cursor.at == (len(text) if literal else 0)


def test_word_is_looked_at_and_not_taken():
    cursor = Cursor("a-b c", 0)

    assert (cursor.word(), cursor.at) == ("a-b", 0)
    assert Cursor("1a").word() == ""


def test_what_is_eaten_or_taken_moves_the_cursor():
    cursor = Cursor("ab12")

    assert (cursor.eat("x"), cursor.eat("ab"), cursor.take(re.compile("[0-9]")).group(), cursor.at) == (
        False,
        True,
        "1",
        3,
    )


@pytest.mark.parametrize(("text", "offset"), [("'a", 0), ("'{'", 1), ("'a}b'", 2)])
def test_fault_in_a_quoted_text_lies_where_it_is(text, offset):
    with pytest.raises(TemplateFault) as caught:
        Cursor(text).literal()

    assert caught.value.offset == offset


def test_character_is_shown_as_people_can_read_it():
    assert [shown(" "), shown("x"), shown("\t")] == ["a blank", "`x`", "the character U+0009"]
