"""What a connection is told of a query, and only when it differs from the last one's."""

import math

from gateway.outcome import Success
from gateway.sources.postgres.session import milliseconds
from tests.support.postgres_source import asking, statement

SETTINGS = (
    "select current_setting('statement_timeout') || ' ' || current_setting('default_transaction_read_only')"
)


def test_the_server_has_the_attempts_time_in_whole_milliseconds_at_least_one():
    assert [milliseconds(timeout) for timeout in (0.3, 1.0, 0.0001, math.inf)] == [300, 1000, 1, 0]


async def test_a_query_that_differs_from_the_last_one_says_so_first(dsn):
    async with asking(dsn, timeout=0.25) as asked:
        reads, writes = statement(SETTINGS, "value"), statement(SETTINGS, "value", write=True)
        for asks, timeout, told in (
            (reads, 0.25, b'"250ms on"'),
            (reads, 0.125, b'"125ms on"'),
            (writes, 0.125, b'"125ms off"'),
            (reads, math.inf, b'"0 on"'),
            (reads, 0.25, b'"250ms on"'),
        ):
            _, outcome = asked.begin(asks, timeout=timeout)
            assert (await outcome).body == told
        assert asked.pool.state().created == 1


async def test_what_a_session_says_has_neither_user_nor_password(dsn):
    async with asking(dsn.replace("postgres@", "postgres:secret@")) as asked:
        assert isinstance(await asked.ask("select 1"), Success)
        session = asked.pool.take(0.0)
        assert repr(session) == f"<Session with {asked.pool.rules.address}, open>"
        asked.pool.drop(session)
        assert repr(session) == f"<Session with {asked.pool.rules.address}, closed>"
        assert asked.pool.state().open == 0
