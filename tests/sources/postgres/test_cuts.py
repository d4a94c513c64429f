"""Calls that are cut: the server stops working on them, and every connection is used again, or replaced."""

import asyncio
import time

from gateway.outcome import Cause, Failure, Success
from tests.support.postgres_source import asking, execute, statement, until_true
from tests.support.tcp_faults import TcpFaults

CUT = Failure(Cause.OUT_OF_TIME, "the client left")
RUNNING = (
    "select count(*) from pg_stat_activity"
    " where state = 'active' and query like '%pg_sleep(%' and pid <> pg_backend_pid()"
)


async def running(dsn, count=1):
    """Wait until so many queries sleep at the server."""
    async with asyncio.timeout(10):
        while (await execute(dsn, RUNNING))[0][0] < count:
            await asyncio.sleep(0.005)


async def test_a_call_that_is_cut_ends_at_once_and_its_query_at_the_server_too(dsn):
    async with asking(dsn) as asked:
        call, outcome = asked.begin(statement("select pg_sleep(20)"), timeout=30.0)
        await running(dsn)
        began = time.monotonic()
        call.cut(CUT)

        assert await outcome is CUT
        assert time.monotonic() - began < 0.05
        await until_true(lambda: asked.pool.state().in_use == 0)
        assert (await execute(dsn, RUNNING))[0][0] == 0
        assert (asked.pool.mended, asked.pool.state().idle, asked.pool.state().lost) == (1, 1, 0)
        assert await asked.body("select 1", result="value") == b"1"
        assert asked.pool.state().created == 1


async def test_an_attempt_whose_time_is_over_is_timed_out_by_the_same_means(dsn):
    async with asking(dsn) as asked:
        call, outcome = asked.begin(statement("select pg_sleep(20)"), timeout=30.0)
        await running(dsn)
        call.expire()

        assert (await outcome).cause is Cause.TIMEOUT
        await until_true(lambda: asked.pool.state().idle == 1)


async def test_a_cut_while_a_statement_is_prepared_leaves_a_connection_that_works(dsn):
    async with asking(dsn) as asked:
        for _ in range(50):
            call, outcome = asked.begin(statement("select {p1}::int", "value"), ("1",))
            call.cut(CUT)
            assert await outcome is CUT
            await until_true(lambda: asked.pool.state().in_use == 0)

            assert await asked.body("select {p1}::int", "7", result="value") == b"7"
        assert asked.pool.state().lost == 0


async def test_a_cut_before_there_is_a_connection_leaves_the_pool_whole(dsn):
    async with asking(dsn, limit=1) as asked:
        first, holding = asked.begin(statement("select pg_sleep(20)"), timeout=30.0)
        second, waiting = asked.begin(statement("select 1"))
        second.cut(CUT)
        assert await waiting is CUT
        assert asked.pool.state().waiting == 0
        first.cut(CUT)
        await holding

        await until_true(lambda: asked.pool.state().idle == 1)
        assert isinstance(await asked.ask("select 1"), Success)


async def test_no_answer_is_ever_taken_for_another_ones(dsn, seeded):
    """Cut at any moment: before it is sent, while it runs, when its answer is on its way."""
    async with asking(dsn, limit=8, max_wait=5.0) as asked:
        slow = statement("select {p1}::int from pg_sleep({p2}::float8)", "value")
        answered = cuts = 0

        async def one(number):
            nonlocal answered, cuts
            call, outcome = asked.begin(slow, (str(number), str(seeded.random() * 0.004)), timeout=9.0)
            if seeded.random() < 0.7:
                asyncio.get_running_loop().call_later(seeded.random() * 0.006, call.cut, CUT)
            ended = await outcome
            if isinstance(ended, Success):
                answered += 1
                assert ended.body == str(number).encode()
            else:
                cuts += 1
                assert ended is CUT, ended

        for start in range(0, 600, 12):
            await asyncio.gather(*(one(number) for number in range(start, start + 12)))

        assert answered > 50
        assert cuts > 50
        await until_true(lambda: asked.pool.state().in_use == 0)
        assert asked.pool.state().open <= 8
        assert asked.pool.state().lost == 0


async def test_c8_storm_of_thousands_of_cuts_leaves_the_pool_whole(dsn):
    """As many as the requests of clients that left, ten at a time."""
    async with asking(dsn, limit=10, max_wait=5.0) as asked:
        slow = statement("select pg_sleep(10)", "value")
        for _ in range(200):
            begun = [asked.begin(slow, timeout=30.0) for _ in range(10)]
            await asyncio.sleep(0)
            for call, _ in begun:
                call.cut(CUT)
            assert {await outcome for _, outcome in begun} == {CUT}

        await until_true(lambda: asked.pool.state().in_use == 0, 20.0)
        state = asked.pool.state()
        assert (state.waiting, state.lost) == (0, 0)
        assert state.open == state.idle <= 10
        assert (await execute(dsn, RUNNING))[0][0] == 0
        outcomes = await asyncio.gather(*(asked.ask("select 1", result="value") for _ in range(30)))
        assert all(isinstance(outcome, Success) for outcome in outcomes)


async def test_a_task_that_is_cancelled_ends_its_query_too(dsn):
    async with asking(dsn) as asked:
        call, _ = asked.begin(statement("select 1", "value"))
        call = call.twin()
        call.payload.statement = statement("select pg_sleep(20)")
        task = asyncio.ensure_future(asked.source(call))
        await running(dsn)
        task.cancel()
        await asyncio.wait([task])

        assert task.cancelled()
        await until_true(lambda: asked.pool.state().in_use == 0)
        assert (await execute(dsn, RUNNING))[0][0] == 0


async def test_c8_query_that_was_cut_leaves_the_next_one_its_own_answer(dsn):
    async with asking(dsn, limit=1, max_wait=5.0) as asked:
        for number in range(20):
            call, outcome = asked.begin(statement("select 'old' from pg_sleep(0.001)", "value"), timeout=9.0)
            await asyncio.sleep(0.0005 * (number % 5))
            call.cut(CUT)
            await outcome

            assert await asked.body("select 'new'", result="value") == b'"new"'
        assert asked.pool.state().created == 1


class Swallowing(TcpFaults):
    """A proxy that loses what comes over a new connection, while ``swallows``."""

    swallows = False

    def _accept(self, reader, writer):
        if not self.swallows:
            super()._accept(reader, writer)
            return

        async def swallow():
            await reader.read(64)
            writer.close()

        self._tasks.add(asyncio.ensure_future(swallow()))


async def test_a_cancel_that_got_lost_is_sent_again(shared_server):
    async with Swallowing(shared_server.port) as between:
        dsn = f"postgresql://postgres@127.0.0.1:{between.port}/postgres?sslmode=disable"
        async with asking(dsn) as asked:
            call, outcome = asked.begin(statement("select pg_sleep(20)"), timeout=30.0)
            await running(shared_server.dsn())
            between.swallows = True
            call.cut(CUT)
            assert await outcome is CUT
            await asyncio.sleep(0.1)
            between.swallows = False

            await until_true(lambda: asked.pool.state().in_use == 0)
            assert (asked.pool.mended, asked.pool.state().lost) == (1, 0)
            assert (await execute(shared_server.dsn(), RUNNING))[0][0] == 0


async def test_a_server_that_does_not_answer_a_cancel_costs_a_connection_and_no_call_waits(shared_server):
    async with TcpFaults(shared_server.port) as between:
        dsn = f"postgresql://postgres@127.0.0.1:{between.port}/postgres"
        async with asking(dsn, limit=1) as asked:
            between.hold()
            call, outcome = asked.begin(statement("select 1"))
            await asyncio.sleep(0.05)
            call.cut(CUT)
            assert await outcome is CUT
            assert (await asked.ask("select 1")).cause is Cause.BULKHEAD_FULL

            await until_true(lambda: asked.pool.state().open == 0)
            between.release()
            assert isinstance(await asked.ask("select 1"), Success)
            assert asked.pool.state().lost == 1
