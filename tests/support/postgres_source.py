"""A PostgreSQL source standing alone: a pool with the settings of a test, asked as a step would."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import partial

import asyncpg

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.compiler.names import Names
from gateway.compiler.sql import SqlTemplate
from gateway.compiler.sql_words import POSTGRES
from gateway.plan.flight import Flight
from gateway.sources.database.pool import Pool
from gateway.sources.database.query import Query
from gateway.sources.database.queue import PoolRules
from gateway.sources.database.source import database_source
from gateway.sources.postgres.causes import ERRORS
from gateway.sources.postgres.session import open_session
from gateway.sources.postgres.settings import PostgresSettings
from gateway.sources.postgres.statement import Statement
from gateway.sources.postgres.wrapping import reading, writing
from gateway.timers import Timers
from tests.support.calls import make_call

NAMES = [f"p{number}" for number in range(1, 6)]


def statement(sql: str, result: str = "many", *, write: bool = False, literal: bool = False, max_rows=1000):
    """A statement whose references are {p1} … {p5}."""
    template = SqlTemplate(Names(dict.fromkeys(NAMES, "int" if literal else "str"), []), sql, POSTGRES)
    assert not template.faults, template.faults
    shape, pieces = template.shape, template.pieces
    if not shape.writes:
        pieces = reading(pieces, result, max_rows)
    elif shape.returning or shape.verb == "select":
        pieces = writing(pieces[: template.main], pieces[template.main :], result)
    else:
        result = "count"
    return Statement("test", pieces, result, writes=write, literal=template.literal, max_rows=max_rows)


class Asking:
    """Asks over a pool. What is asked runs in flights, as steps do: without a current task."""

    statement = staticmethod(statement)

    def __init__(self, pool: Pool, buffered: Buffered) -> None:
        self.pool = pool
        self.buffered = buffered
        self.source = database_source(pool, buffered)

    def begin(self, asked: Statement, values: Sequence[object] = (), **options: object):
        """A call that is under way, and the future of its outcome."""
        call: Call = make_call(**options)
        call.payload = Query(asked, tuple(values))
        outcome = asyncio.get_running_loop().create_future()

        async def run() -> None:
            try:
                outcome.set_result(await self.source(call))
            except BaseException as error:
                outcome.set_exception(error)

        Flight(run())
        return call, outcome

    async def ask(self, sql: str, *values: object, result="many", write=False, literal=False, max_rows=1000):
        """The outcome of one statement."""
        asked = self.statement(sql, result, write=write, literal=literal, max_rows=max_rows)
        _, outcome = self.begin(asked, values)
        return await outcome

    async def body(self, sql: str, *values: object, **options: object) -> bytes:
        """The body that one statement must answer with."""
        outcome = await self.ask(sql, *values, **options)
        return outcome.body if hasattr(outcome, "body") else outcome


@contextlib.asynccontextmanager
async def asking(dsn: str, **settings: object) -> AsyncIterator[Asking]:
    """An open pool, closed at the end."""
    loop = asyncio.get_running_loop()
    of_pool = {key: settings.pop(key) for key in ("limit", "max_wait", "idle") if key in settings}
    made = PostgresSettings(dsn=dsn, **settings)
    rules = PoolRules(address=made.address, **of_pool)
    pool = Pool(rules, partial(open_session, made), ERRORS, Timers(loop), loop.time)
    await pool.open()
    try:
        yield Asking(pool, Buffered(1 << 24))
    finally:
        await pool.close()


async def until_true(condition, limit: float = 5.0) -> None:
    """Turn the loop until *condition()* is true."""
    async with asyncio.timeout(limit):
        while not condition():
            await asyncio.sleep(0.005)


async def execute(dsn: str, *statements: str) -> list:
    """Run statements over a connection of the test's own; the rows of the last."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = []
        for each in statements:
            rows = await connection.fetch(each)
        return rows
    finally:
        await connection.close()
