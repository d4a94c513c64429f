"""Behind a real PgBouncer that gives every transaction another connection."""

import asyncio

import pytest

from gateway.outcome import Cause, Failure, Success
from tests.support.pgbouncer import pgbouncer, unavailable
from tests.support.postgres_source import asking, execute, statement, until_true


@pytest.fixture
def pooled(shared_server):
    if why := unavailable():
        pytest.skip(why)
    with pgbouncer(shared_server.port) as dsn:
        yield dsn


async def test_prepared_statements_survive_it(pooled):
    """More sessions than it has connections, all at once: none finds its own statement where it left it."""
    async with asking(pooled, pooled=True, limit=8, max_wait=5.0, timeout=5.0) as asked:
        add = statement("select {p1}::int + {p2}::int", "value")
        texts = statement("select {p1}::text", "value")

        async def one(number):
            _, sum_of = asked.begin(add, (str(number), "1"), timeout=5.0)
            assert (await sum_of).body == str(number + 1).encode()
            _, text = asked.begin(texts, (f"n{number}",), timeout=5.0)
            assert (await text).body == f'"n{number}"'.encode()

        await asyncio.gather(*map(one, range(80)))
        assert asked.pool.state().lost == 0


async def test_what_belongs_to_a_query_goes_with_it(pooled, dsn):
    await execute(dsn, "drop table if exists bounced", "create table bounced(id int)")
    async with asking(pooled, pooled=True, timeout=0.25) as asked:
        timeout = await asked.body("select current_setting('statement_timeout')", result="value")
        assert timeout == b'"500ms"'
        assert (await asked.ask("insert into bounced values (1)")).cause is Cause.REJECTED
        assert await asked.body("insert into bounced values (1)", write=True) == b"1"
        assert await asked.body("select '1 day'::interval", result="value") == b'"P1D"'
        # What comes next over the same server connection has none of that.
        assert (await execute(pooled, "show statement_timeout"))[0][0] == "0"
        assert (await execute(pooled, "show intervalstyle"))[0][0] == "postgres"


async def test_a_cut_cancels_through_it_and_leaves_no_transaction_open(pooled, dsn):
    async with asking(pooled, pooled=True, limit=4, max_wait=5.0) as asked:
        cut = Failure(Cause.OUT_OF_TIME, "the client left")
        for _ in range(20):
            call, outcome = asked.begin(statement("select pg_sleep(0.3)"), timeout=9.0)
            await asyncio.sleep(0.02)
            call.cut(cut)
            assert await outcome is cut
        await until_true(lambda: asked.pool.state().in_use == 0)

        assert isinstance(await asked.ask("select 1"), Success)
        open_ = "select count(*) from pg_stat_activity where state like 'idle in transaction%'"
        assert (await execute(dsn, open_))[0][0] == 0
