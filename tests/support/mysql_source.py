"""A MySQL source standing alone: a pool with the settings of a test, asked as a step would."""

import asyncio
import contextlib
from functools import partial

import asyncmy

from gateway.buffered import Buffered
from gateway.compiler.names import Names
from gateway.compiler.sql import SqlTemplate
from gateway.compiler.sql_words import MYSQL
from gateway.sources.database.pool import Pool
from gateway.sources.database.queue import PoolRules
from gateway.sources.mysql.causes import ERRORS
from gateway.sources.mysql.session import open_session
from gateway.sources.mysql.settings import MysqlSettings
from gateway.sources.mysql.statement import Statement
from gateway.timers import Timers
from tests.support.postgres_source import NAMES, Asking


def statement(sql, result="many", *, write=False, literal=False, max_rows=1000):
    """A statement whose references are {p1} … {p5}; *max_rows* is the pool's, here."""
    template = SqlTemplate(Names(dict.fromkeys(NAMES, "int" if literal else "str"), []), sql, MYSQL)
    assert not template.faults, template.faults
    shape = template.shape
    if shape.writes and not shape.returning:
        result = "count"
    return Statement("test", template.pieces, result, writes=write, literal=template.literal)


class AskingMysql(Asking):
    """The same over a MySQL."""

    statement = staticmethod(statement)


@contextlib.asynccontextmanager
async def asking(dsn, **settings):
    """An open pool, closed at the end."""
    loop = asyncio.get_running_loop()
    of_pool = {key: settings.pop(key) for key in ("limit", "max_wait", "idle") if key in settings}
    made = MysqlSettings(dsn=dsn, **settings)
    rules = PoolRules(address=made.address, **of_pool)
    pool = Pool(rules, partial(open_session, made), ERRORS, Timers(loop), loop.time)
    await pool.open()
    try:
        yield AskingMysql(pool, Buffered(1 << 24))
    finally:
        await pool.close()


async def execute(dsn, *statements):
    """Run statements over a connection of the test's own; the rows of the last."""
    connection = await asyncmy.connect(**MysqlSettings(dsn=dsn).login, autocommit=True)
    try:
        async with connection.cursor() as cursor:
            for each in statements:
                await cursor.execute(each)
            return await cursor.fetchall()
    finally:
        await connection.ensure_closed()
