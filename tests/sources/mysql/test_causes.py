"""The table of causes: what is in it, what it says of errors, and that the docs say the same."""

import re
from pathlib import Path

import pytest
from asyncmy import errors

from gateway.outcome import Cause
from gateway.sources.mysql.causes import TABLE, failure_of, refusal_of

PAGE = Path(__file__).parents[3] / "docs" / "sources" / "mysql.md"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.words)
def test_every_error_of_the_table_is_what_it_says(row):
    for number in row.numbers:
        failure = failure_of(errors.OperationalError(number, "server's words"))

        assert (failure.cause, failure.status) == (row.cause, row.status)
        assert failure.detail.startswith(f"{row.words} (error {number})")


def test_no_error_stands_there_twice():
    numbers = [number for row in TABLE for number in row.numbers]

    assert len(set(numbers)) == len(numbers)


def test_other_errors_are_told_by_their_kind():
    kinds = {
        errors.ProgrammingError: Cause.REJECTED,
        errors.DataError: Cause.REJECTED,
        errors.OperationalError: Cause.FAILED,
        errors.InternalError: Cause.FAILED,
        errors.InterfaceError: Cause.INCOMPLETE,
    }

    assert {kind: failure_of(kind(9999, "x")).cause for kind in kinds} == kinds
    assert failure_of(ConnectionResetError()).cause is Cause.INCOMPLETE


def test_the_servers_words_are_kept_only_where_they_name_tables_and_columns():
    assert failure_of(errors.ProgrammingError(1146, "Table 'a.b' doesn't exist")).detail.endswith(
        "doesn't exist"
    )
    assert "4711" not in failure_of(errors.DataError(1366, "Incorrect integer value: '4711'")).detail


def test_whatever_keeps_a_connection_from_being_made_nothing_was_sent():
    assert refusal_of(errors.OperationalError(1045, "for user 'app'@'10.0.0.1'")).detail == (
        "the login was refused (error 1045)"
    )
    assert refusal_of(errors.OperationalError(1040, "x")).cause is Cause.THROTTLED
    for number in (1049, 2013, 1146, 9999):
        assert refusal_of(errors.OperationalError(number, "x")).cause is Cause.UNREACHABLE
    assert refusal_of(TimeoutError()).detail == "not connected in time"
    assert (
        refusal_of(ConnectionRefusedError(111, "10.0.0.1")).detail == "not connected: ConnectionRefusedError"
    )


def test_the_docs_show_this_table():
    rows = re.findall(r"^\| ([\d, ]+) \| `(\w+)`(?: (\d{3}))? \|", PAGE.read_text(), re.MULTILINE)

    shown = {(numbers, cause, int(status) if status else None) for numbers, cause, status in rows}
    assert shown == {(", ".join(map(str, row.numbers)), row.cause.value, row.status) for row in TABLE}
