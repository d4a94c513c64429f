"""First attempts without a coroutine of the layers': what they do, and what they leave to the plain form."""

import asyncio

from gateway.layers.observe import CANCELLED
from gateway.outcome import Cause, Failure, Success
from gateway.sources.database.query import Query
from gateway.sources.postgres.wire import PostgresWire
from tests.support.calls import make_call
from tests.support.postgres_source import asking, execute, statement, until_true

CUT = Failure(Cause.OUT_OF_TIME, "the client left")


class Waiter:
    """What an attempt is to its wire."""

    def __init__(self, wire, call):
        self.wire = wire
        self.call = call
        self.held = None
        self.outcome = asyncio.get_running_loop().create_future()

    def done(self):
        return self.outcome.done()

    def set_result(self, result):
        self.call.waiter = None
        try:
            self.outcome.set_result(self.wire.end(self.held, result, self.call))
        except Exception as error:
            self.outcome.set_exception(error)


class Scene:
    def __init__(self, asked):
        self.asked = asked
        self.wire = PostgresWire(asked.pool, asked.buffered, asked.source)

    async def known(self, query):
        """*query*'s statement is prepared on the connection that is taken next."""
        await self.asked.source(self.call(query))
        return query

    def call(self, query, timeout=5.0):
        call = make_call(timeout=timeout)
        call.payload = query
        return call

    def begin(self, query, timeout=5.0):
        call = self.call(query, timeout)
        waiter = Waiter(self.wire, call)
        waiter.held = self.wire.begin(call, 0.0, waiter)
        return waiter if waiter.held is not None else None


async def test_a_query_that_is_known_is_sent_and_answered_at_once(dsn):
    async with asking(dsn) as asked:
        scene = Scene(asked)
        query = await scene.known(Query(statement("select {p1}::int", "value"), ("7",)))
        waiter = scene.begin(query)

        assert (waiter.call.sent, waiter.call.waiter, asked.pool.state().in_use) == (True, waiter, 1)
        outcome = await waiter.outcome
        assert (outcome.body, waiter.call.held, asked.pool.state().idle) == (b"7", 1, 1)


async def test_what_needs_more_than_one_answer_is_left_to_the_plain_form(dsn):
    async with asking(dsn) as asked:
        scene = Scene(asked)
        query = Query(statement("select {p1}::int", "value"), ("7",))

        assert scene.begin(query) is None  # not prepared yet
        await scene.known(query)
        assert scene.begin(query, timeout=4.0) is None  # the server must be told of the other time
        assert scene.begin(Query(query.statement, (b"{}",))) is None  # refused, and the plain form says why
        assert scene.begin(Query(query.statement, ("\ud800",))) is None
        assert (asked.pool.state().idle, asked.pool.state().in_use) == (1, 0)
        waiter = scene.begin(query)
        assert scene.begin(query) is None  # no connection is free
        assert isinstance(await waiter.outcome, Success)
        asked.buffered.take(asked.buffered.limit - asked.buffered.used)
        assert scene.begin(query) is None


async def test_errors_of_the_server_are_what_they_are_in_the_plain_form(dsn):
    async with asking(dsn) as asked:
        scene = Scene(asked)
        query = await scene.known(Query(statement("select 1 / {p1}::int", "value"), ("1",)))

        failure = await scene.begin(Query(query.statement, ("0",))).outcome
        assert (failure.cause, failure.status, asked.pool.state().idle) == (Cause.REJECTED, 422, 1)
        sleeping = await scene.known(Query(statement("select pg_sleep({p1}::float8)"), ("0",)))
        waiter = scene.begin(Query(sleeping.statement, ("20",)))
        await asyncio.sleep(0.05)
        find = "select pg_terminate_backend(pid) from pg_stat_activity"
        await execute(dsn, f"{find} where query like '%pg_sleep%float8%' and pid <> pg_backend_pid()")
        assert (await waiter.outcome).cause is Cause.INCOMPLETE
        assert asked.pool.state().open == 0


async def test_a_cut_cancels_at_the_server_and_the_connection_is_mended(dsn):
    async with asking(dsn) as asked:
        scene = Scene(asked)
        query = await scene.known(Query(statement("select pg_sleep({p1}::float8)"), ("0",)))
        for _ in range(30):
            waiter = scene.begin(Query(query.statement, ("20",)))
            if waiter is None:  # told of its time anew by the plain form, once it is mended
                await scene.known(query)
                waiter = scene.begin(Query(query.statement, ("20",)))
            waiter.call.cut(CUT)

            assert await waiter.outcome is CUT
            await until_true(lambda: asked.pool.state().in_use == 0)
        assert (asked.pool.mended, asked.pool.state().lost) == (30, 0)


async def test_a_cut_whose_answer_is_on_its_way_gives_it_to_nobody(dsn, seeded):
    async with asking(dsn) as asked:
        scene = Scene(asked)
        slow = await scene.known(Query(statement("select {p1}::int from pg_sleep(0.001)", "value"), ("0",)))
        for number in range(200):
            query = Query(slow.statement, (str(number),))
            waiter = scene.begin(query)
            if waiter is None:
                await scene.known(slow)
                continue
            asyncio.get_running_loop().call_later(seeded.random() * 0.003, waiter.call.cut, CUT)
            outcome = await waiter.outcome
            assert outcome is CUT or outcome.body == str(number).encode()
            await until_true(lambda: asked.pool.state().in_use == 0)
        assert asked.pool.state().lost == 0


async def test_an_attempt_that_is_cancelled_gives_its_connection_back(dsn):
    async with asking(dsn) as asked:
        scene = Scene(asked)
        query = await scene.known(Query(statement("select pg_sleep({p1}::float8)"), ("0",)))
        waiter = scene.begin(Query(query.statement, ("20",)))
        assert scene.wire.end(waiter.held, CANCELLED, waiter.call) is CANCELLED

        await until_true(lambda: asked.pool.state().idle == 1)


async def test_the_same_from_its_beginning_is_the_plain_form(dsn):
    async with asking(dsn) as asked:
        scene = Scene(asked)
        outcome = await scene.wire.anew(scene.call(Query(statement("select 1", "value"), ())))

        assert outcome.body == b"1"
