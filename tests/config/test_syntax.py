import pytest

from gateway.config import ConfigError, load_text
from gateway.config.syntax import FLOW_HINT, lines_of


def fault_of(text):
    with pytest.raises(ConfigError) as caught:
        load_text(text, {})
    (fault,) = caught.value.faults
    return fault


@pytest.mark.parametrize("value", ["users/x?a=1", "users/{id}", "x[0]"])
def test_unquoted_value_in_braces_is_told_to_be_quoted(value):
    fault = fault_of(f"a: {{ get: {value} }}\n")

    assert fault.hint == FLOW_HINT
    assert fault.place.line == 1
    assert fault.place.column == 11 + next(i for i, c in enumerate(value) if c in "?{[")


def test_place_of_a_syntax_fault_is_not_told_twice():
    assert fault_of("routes: {{{").also == ()


def test_quotes_that_are_never_closed_are_found_where_they_open():
    assert fault_of('a: 1\nb: "x\nc: 2\n').place.line == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a:\n\tb: 1\n", "a tab"),
        ("a: b: c\n", "`:` is not expected"),
        ("a: 1\n b: 2\n", "`:` is not expected"),
        ("a: @b\n", "cannot start with `@`"),
        ("a: `b`\n", "backtick"),
        ("a: %b\n", "cannot start with `%`"),
        ('a: "\\d"\n', "unknown escape"),
        ("a: *b\n", "no anchor"),
        ("a: - b\n", "list item"),
        ("a: | b\n", "block of text"),
        ("a: &\n", "begin an anchor"),
        ("a: [1, 2\n", "expected `,` or `]`, but got the end of the file"),
        ("a: 1\n---\nb: 2\n", "second document"),
        ("a: 1\nb\n", "a key without a `:`"),
        ("a: &x 1\nb: &x 2\n", "defined twice"),
        ("a: \0\n", "U+0000"),
    ],
)
def test_parser_complaint_is_put_into_plain_words(text, words):
    assert words in fault_of(text).message


def test_lines_are_counted_as_the_parser_counts_them():
    assert lines_of("a\nb\r\nc\rd\u2028e") == ("a", "b", "c", "d", "e")
