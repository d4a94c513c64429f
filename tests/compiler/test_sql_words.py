"""How statements are taken apart, in PostgreSQL's and in MySQL's lexical rules."""

import pytest

from gateway.compiler.sql_words import MYSQL, POSTGRES, shape_of, tokens
from tests.support.seeded import seeded

__all__ = ["seeded"]


def pieces(text, dialect=POSTGRES):
    """The pieces that are not blank, and of what kind they are."""
    return [(token.kind, token.text) for token in tokens(text, dialect) if token.kind != "space"]


def shape(text, dialect=POSTGRES):
    return shape_of(list(tokens(text, dialect)))


def test_the_pieces_make_up_the_text(seeded):
    alphabet = [
        "'",
        '"',
        "`",
        "$",
        "$a$",
        "--",
        "/*",
        "*/",
        "#",
        "\\",
        "\n",
        " ",
        "e'",
        "x",
        "1",
        "(",
        ";",
        "é",
        "\0",
    ]
    for _ in range(500):
        text = "".join(seeded.choices(alphabet, k=seeded.randrange(12)))
        for dialect in (POSTGRES, MYSQL):
            assert "".join(token.text for token in tokens(text, dialect)) == text


@pytest.mark.parametrize(
    "text",
    [
        "'it''s'",
        "'back\\'",
        "e'it\\'s'",
        "E'\\\\'",
        "$$ 'x' $1 $$",
        "$tag$ $$ $tag$",
        "'$1 -- /* '",
    ],
)
def test_strings_of_postgres_are_one_piece(text):
    assert pieces(f"{text} + $1") == [("string", text), ("mark", "+"), ("parameter", "$1")]


@pytest.mark.parametrize("text", ["'it''s'", "'it\\'s'", '"a ` \\" b"', "'\\\\'", "'# -- '"])
def test_strings_of_mysql_are_one_piece(text):
    assert pieces(f"{text} + $1", MYSQL) == [("string", text), ("mark", "+"), ("parameter", "$1")]


def test_names_in_quotes_are_no_strings():
    assert pieces('"a ""b"" \' "') == [("name", '"a ""b"" \' "')]
    assert pieces("`a``b' `", MYSQL) == [("name", "`a``b' `")]


def test_comments_end_where_they_end():
    assert pieces("-- a ' $1\nx") == [("comment", "-- a ' $1"), ("word", "x")]
    assert pieces("/* a /* ' */ $1 */ x") == [("comment", "/* a /* ' */ $1 */"), ("word", "x")]
    assert pieces("/* a /* ' */ $1 */ x", MYSQL)[:2] == [("comment", "/* a /* ' */"), ("parameter", "$1")]
    assert pieces("# a\nx", MYSQL) == [("comment", "# a"), ("word", "x")]
    assert pieces("a --b", MYSQL)[1:] == [("mark", "-"), ("mark", "-"), ("word", "b")]


def test_a_dollar_within_a_name_begins_nothing():
    assert pieces("a$b$ c$1") == [("word", "a$b$"), ("word", "c$1")]


@pytest.mark.parametrize("text", ["'a", "'a''", "e'a\\'", '"a', "/* a /* b */", "$$ a", "$x$ a $$"])
def test_what_never_ends_is_told(text):
    assert [token.whole for token in tokens(text, POSTGRES)] == [False]


@pytest.mark.parametrize(
    ("text", "verb", "main", "writes", "returning"),
    [
        ("select 1", "select", "select 1", False, False),
        ("  -- a\n SELECT 1", "select", "SELECT 1", False, False),
        ("values (1)", "values", "values (1)", False, False),
        (
            "with a as (select 1), b(n) as (values (1)) select * from a",
            "select",
            "select * from a",
            False,
            False,
        ),
        ("insert into t select 1", "insert", "insert into t select 1", True, False),
        (
            "insert into t values (1) returning id",
            "insert",
            "insert into t values (1) returning id",
            True,
            True,
        ),
        ("update t set a = 1", "update", "update t set a = 1", True, False),
        ("with a as (select 1) delete from t returning *", "delete", "delete from t returning *", True, True),
        (
            "with a as (\ninsert into t values (1) returning id) select id from a",
            "select",
            "select id from a",
            True,
            False,
        ),
        ("merge into t using s on true when matched then delete", "merge", None, True, False),
        ("select (delete(1)), replace('a', 'b', 'c')", "select", None, False, False),
        ("drop table t", "", None, False, False),
        ("explain analyze delete from t", "", None, False, False),
        ("call f()", "", None, False, False),
        ("", "", None, False, False),
    ],
)
def test_the_shape_of_a_statement(text, verb, main, writes, returning):
    found = shape(text)

    assert (found.verb, found.writes, found.returning) == (verb, writes, returning)
    if main is not None:
        assert text[found.main : found.end] == main


def test_the_end_of_a_statement_is_without_its_semicolon():
    text = "select ';' ; -- no more"

    assert (text[: shape(text).end], shape(text).second) == ("select ';'", None)
    assert shape("select 1; drop table t").second == 10
