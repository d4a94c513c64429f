"""The table of causes: what is in it, what it says of errors, and that the docs say the same."""

import re
from pathlib import Path

import asyncpg
import pytest

from gateway.outcome import RETRYABLE, UNHEALTHY, Cause
from gateway.sources.postgres.causes import OTHER, SQLSTATES, failure_of, refusal_of

PAGE = Path(__file__).parents[3] / "docs" / "sources" / "postgres.md"


def told(sqlstate, message="server's words"):
    """An error that the server gives this SQLSTATE."""
    return asyncpg.PostgresError.new({"C": sqlstate, "M": message, "S": "ERROR", "V": "ERROR"})


@pytest.mark.parametrize("state", SQLSTATES)
def test_every_sqlstate_of_the_table_is_what_it_says(state):
    failure = failure_of(told(state.ljust(5, "0")))

    row = SQLSTATES[state]
    if state not in {"08", "42"}:
        assert (failure.cause, failure.status) == (row.cause, row.status)
        assert failure.detail.startswith(f"{row.words} (SQLSTATE {state.ljust(5, '0')})")


def test_a_sqlstate_that_is_not_in_the_table_is_rejected():
    assert failure_of(told("ZZ999")).cause is OTHER.cause is Cause.REJECTED
    assert failure_of(told("2F003")).cause is Cause.REJECTED


def test_what_the_server_could_not_do_now_counts_against_it_and_may_be_tried_again():
    for state in ("40001", "40P01", "55P03", "57014", "57P01", "53200", "58030", "XX000"):
        assert failure_of(told(state)).cause in UNHEALTHY & RETRYABLE, state


def test_what_a_statement_or_a_value_got_wrong_does_not():
    for state in ("22P02", "23505", "42P01", "42601", "25006", "P0001", "0A000", "54001"):
        assert failure_of(told(state)).cause is Cause.REJECTED, state


def test_a_client_is_told_of_conflicts_and_of_values_that_do_not_fit():
    statuses = {
        "23505": 409,
        "23503": 409,
        "23P01": 409,
        "23514": 422,
        "22P02": 422,
        "42501": 403,
        "42P01": None,
    }

    assert {state: failure_of(told(state)).status for state in statuses} == statuses


def test_the_servers_words_are_kept_only_where_they_name_tables_and_columns():
    assert failure_of(told("42703", 'column "nmae" does not exist')).detail == (
        'the statement is wrong (SQLSTATE 42703): column "nmae" does not exist'
    )
    assert "4711" not in failure_of(told("22P02", 'invalid input syntax: "4711"')).detail


def test_what_the_server_said_before_it_went_is_what_happened():
    lost = asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
    assert (failure_of(lost).cause, failure_of(lost).detail) == (Cause.INCOMPLETE, "the connection was lost")
    lost.__cause__ = told("57P01")
    assert failure_of(lost).detail == "the server ended the connection (SQLSTATE 57P01)"


def test_what_asyncpg_or_the_network_say_of_a_query():
    assert failure_of(ConnectionResetError()).cause is Cause.INCOMPLETE
    assert failure_of(asyncpg.InterfaceError("connection is closed")).cause is Cause.INCOMPLETE
    assert failure_of(asyncpg.ProtocolError("?")).cause is Cause.UNREADABLE


def test_whatever_keeps_a_connection_from_being_made_nothing_was_sent():
    for state in ("28P01", "28000", "3D000", "57P03", "08P01", "42501", "XX000"):
        assert refusal_of(told(state)).cause is Cause.UNREACHABLE, state
    assert refusal_of(told("53300")).cause is Cause.THROTTLED
    assert refusal_of(TimeoutError()).detail == "not connected in time"
    assert (
        refusal_of(ConnectionRefusedError(111, "to 10.0.0.1:5432")).detail
        == "not connected: ConnectionRefusedError"
    )
    assert refusal_of(asyncpg.InterfaceError("host=10.0.0.1")).detail == "not connected: InterfaceError"


def test_the_docs_show_this_table():
    rows = re.findall(r"^\| `([0-9A-Z]{2,5})…?` \| `(\w+)`(?: (\d{3}))? \|", PAGE.read_text(), re.MULTILINE)

    shown = {state: (cause, int(status) if status else None) for state, cause, status in rows}
    assert shown == {state: (row.cause.value, row.status) for state, row in SQLSTATES.items()}
