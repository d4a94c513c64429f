"""Statements with references: parameters, faults, and values read while a request runs."""

import pytest

from gateway.compiler.names import Names
from gateway.compiler.sql import SqlTemplate, telling_apart
from gateway.compiler.sql_words import MYSQL, POSTGRES
from gateway.outcome import Cause, Failure, Success


class Scope:
    def __init__(self, inputs=(), outcomes=()):
        self.inputs = inputs
        self.outcomes = outcomes


def template(sql, steps=("user",), dialect=POSTGRES, **path):
    return SqlTemplate(Names(path or {"id": "int", "name": "str"}, list(steps)), sql, dialect)


def faults(sql, **rest):
    return [(fault.path, fault.message) for fault in template(sql, **rest).faults]


def text(read):
    return "".join(f"${piece}" if isinstance(piece, int) else piece for piece in read.pieces)


def test_references_are_numbered_and_one_written_twice_is_one():
    read = template("select {id}, {name}, {id} from t where a={query.a}")

    assert text(read).split() == ["select", "$1", ",", "$2", ",", "$1", "from", "t", "where", "a=", "$3"]
    assert [str(use) for use in read.uses] == ["{id}", "{name}", "{query.a}"]
    assert read.literal == (True, False, False)


def test_the_same_part_with_another_default_is_another_parameter():
    read = template("select {query.a | 'x'}, {query.a | 'y'}, {query.a | 'x'}")

    assert len(read.uses) == 2


def test_nothing_grows_together_with_a_reference():
    assert text(template("select {id}0")) == "select  $1 0"
    assert text(template("select x{id}")) == "select x $1"


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("select '{id}'", "quotes"),
        ("select e'\\'{id}'", "quotes"),
        ("select $$ {id} $$", "quotes"),
        ('select "{id}" from t', "quotes"),
        ("select 1 -- {id}", "a comment"),
        ("select /* {id} */ 1", "a comment"),
    ],
)
def test_a_reference_where_it_would_be_text_is_a_fault(sql, place):
    assert faults(sql) == [(("sql",), f"`{{id}}` stands in {place}, where it is text")]


def test_a_reference_in_quotes_of_mysql_is_a_fault():
    for sql in ('select "{id}"', "select `{id}`", "select 1 # {id}"):
        assert len(faults(sql, dialect=MYSQL)) == 1


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select $1", "`$1` and the like are not written"),
        ("select 1; select 2", "a second statement"),
        ("vacuum", "`vacuum` is not what a step's statement begins with"),
        ("", "the statement is empty"),
        ("select 'a", "a string that begins here never ends: 'a"),
        ("select {nothing}", "nothing is called `nothing`"),
        ("select '{ '", "a blank in a reference"),
    ],
)
def test_statements_that_cannot_be_asked_are_faults(sql, message):
    assert [told for _, told in faults(sql)] == [message]


def test_literal_braces_are_doubled():
    assert text(template("select '{{1,2}}'::int[]")) == "select '{1,2}'::int[]"


def test_the_main_statement_is_found_behind_its_with():
    read = template("with a as (select {id}) select * from a where b = {name};")

    assert "".join(map(str, read.pieces[: read.main])) == "with a as (select  1 ) "
    assert "".join(map(str, read.pieces[read.main :])) == "select * from a where b =  2"


def test_values_are_texts_json_lists_or_nothing():
    read = template("select {id}, {query.a}, {query.b[]}, {user.tags}, {body.x}, {user.name | 'none'}")
    values = read.values()
    inputs = {use.slot.root + str(use.slot.keys[0]): use.slot.index for use in read.uses if use.slot}
    given = [None] * len(inputs)
    given[inputs["pathid"]], given[inputs["queryb"]], given[inputs["bodyx"]] = "42", ["1", "2"], b'{"a":1}'

    found = values(Scope(given, [Success(b'{"tags":["x"],"name":null}')]))

    assert found == ("42", None, ["1", "2"], b'["x"]', b'{"a":1}', b'"none"')


def test_a_step_that_did_not_answer_skips_this_one():
    read = template("select {user.name}")

    skipped = read.values()(Scope((), [Failure(Cause.TIMEOUT)]))
    assert isinstance(skipped, Failure)
    assert skipped.cause is Cause.SKIPPED
    assert read.values()(Scope((), [Success(b"{}")])) == (None,)


def test_values_that_differ_tell_calls_apart():
    values = [None, "", "null", b"null", b'""', [], [""], ["1", "2"], ["12"], "1", b"1"]
    told = [tuple(telling_apart([value])) for value in values]

    assert len(set(told)) == len(values)
    assert telling_apart(["a", "b"]) != telling_apart(["ab"])
