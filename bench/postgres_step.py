"""What a PostgreSQL step costs with all its layers, beside the same question written by hand with asyncpg.

    DATABASE_URL=postgresql://… python -m bench.postgres_step      # without it: a server of its own

CPU time of this process alone, in rounds that take turns. By hand: a connection of one's own, whose rows stay
Python objects; the same encoded as JSON; and the way everybody writes it, with asyncpg's pool.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
import uvloop

from gateway import Gateway
from gateway.call import Call, Trace
from gateway.outcome import Outcome, Success
from gateway.plan.flight import Flight

TARGET: Final = 1.15
ROUNDS: Final = 7
ASKED: Final = 1_000
AT_ONCE: Final = 8

_ROWS: Final = """
create schema if not exists gateway_bench;
create table if not exists gateway_bench.account(
  id int primary key, name text, email text, balance numeric(12,2), created timestamptz,
  tags text[], prefs jsonb);
insert into gateway_bench.account
  select i, 'Ada ' || i, 'ada' || i || '@example.org', i * 1.10, now(), array['a', 'b'], '{"x":1,"y":[1,2]}'
  from generate_series(1, 1000) i on conflict do nothing;
analyze gateway_bench.account;
"""
_COLUMNS: Final = "id, name, email, balance, created, tags, prefs from gateway_bench.account"
_ONE: Final = f"select {_COLUMNS} where id = {{}}"
_MANY: Final = f"select {_COLUMNS} where id > {{}} order by id limit 50"
_CONFIG: Final = """
upstreams: {{ accounts: {{ postgres: "${{DATABASE_URL}}" }} }}
routes:
  GET /one/{{id:int}}: {{ steps: {{ a: {{ upstream: accounts, sql: "{one}", result: one }} }} }}
  GET /many/{{id:int}}: {{ steps: {{ a: {{ upstream: accounts, sql: "{many}" }} }} }}
"""
_TRACE: Final = Trace("0af7651916cd43dd8448eb211c80319c", "00", "0af7651916cd43dd8448eb211c80319c")

Ask = Callable[[], Awaitable[object]]
Ways = dict[str, Callable[[], Callable[[int], Awaitable[None]]]]
_encode = msgspec.json.Encoder(decimal_format="number").encode


class _Scope:
    inputs = ("42",)
    outcomes = ()


@contextlib.contextmanager
def _server() -> Iterator[str]:
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    from tests.support.postgres import postgres

    with postgres() as server:
        yield server.dsn()


async def _in_turns(ask: Ask, count: int) -> None:
    for _ in range(count):
        await ask()


class _Run:
    """What a request is to its step, over and over: the end of one call begins the next, as in a plan."""

    def __init__(self, gateway: Gateway, step: Any) -> None:
        self._gateway = gateway
        self._step = step
        self._loop = asyncio.get_running_loop()

    async def __call__(self, count: int) -> None:
        """Ask *count* times."""
        self._left = count
        self._done = self._loop.create_future()
        self._next()
        await self._done

    def landed(self, _: int, outcome: Outcome) -> None:
        """A call ended."""
        assert isinstance(outcome, Success)
        self._gateway._buffered.give(self._call.held)  # noqa: SLF001 - as the end of its request does
        self._left -= 1
        if self._left:
            self._next()
        else:
            self._done.set_result(None)

    def _next(self) -> None:
        step = self._step
        deadline = self._loop.time() + 2.0
        self._call = call = Call("a", step.prepare(_Scope), deadline, step.timeout, _TRACE, floor=0.02)
        if step.direct.begin(call, self, 0) is None:
            Flight(self._plainly(call))

    async def _plainly(self, call: Call) -> None:
        self.landed(0, await self._step.source(call))


async def _cpu(asks: Sequence[Callable[[int], Awaitable[None]]]) -> float:
    """Microseconds of CPU that a question takes when all of *asks* ask at once."""
    each = ASKED // len(asks)
    await asyncio.gather(*(ask(20) for ask in asks))
    began = time.process_time()
    await asyncio.gather(*(ask(each) for ask in asks))
    return (time.process_time() - began) / (each * len(asks)) * 1e6


def _by_hand(connection: asyncpg.Connection, pool: asyncpg.Pool, sql: str, *, many: bool) -> Ways:
    """The same question in three ways; each gives somebody who asks it."""
    sql = sql.format("$1")

    async def bare() -> object:
        return await (connection.fetch(sql, 42) if many else connection.fetchrow(sql, 42))

    async def encoded() -> object:
        rows: Any = await bare()
        return _encode([dict(row) for row in rows] if many else dict(rows))

    async def pooled() -> object:
        async with pool.acquire() as taken:
            rows = await (taken.fetch(sql, 42) if many else taken.fetchrow(sql, 42))
        return _encode([dict(row) for row in rows] if many else dict(rows))

    ways = {"asyncpg, one connection": bare, "the same, encoded": encoded, "asyncpg's pool, encoded": pooled}
    return {name: lambda ask=ask: partial(_in_turns, ask) for name, ask in ways.items()}


async def _measure(url: str, folder: str) -> None:
    path = Path(folder, "gateway.yaml")
    path.write_text(_CONFIG.format(one=_ONE.format("{id}"), many=_MANY.format("{id}")))
    connection = await asyncpg.connect(url)
    await connection.execute(_ROWS)
    async with (
        asyncpg.create_pool(url, min_size=AT_ONCE, max_size=AT_ONCE) as pool,
        Gateway(path, environ={"DATABASE_URL": url}) as gateway,
    ):
        print("| asked for | at once | how | CPU | × bare |\n| --- | ---: | --- | ---: | ---: |")
        for name, sql in (("one", _ONE), ("many", _MANY)):
            ways = _by_hand(connection, pool, sql, many=name == "many")
            route: Any = gateway._compiled.routes[f"GET /{name}/{{id:int}}"]  # noqa: SLF001 - steps alone
            step = route.plan.steps[0]
            await _compare(name, {**ways, "the step": lambda step=step: _Run(gateway, step)})
    await connection.execute("drop schema gateway_bench cascade")
    await connection.close()


async def _compare(name: str, ways: Ways) -> None:
    """One at a time, and what can do several at once."""
    rows = {"one": "1 row", "many": "50 rows"}[name]
    taken: dict[tuple[str, int], float] = {}
    for _ in range(ROUNDS):
        for way, asker in ways.items():
            for at_once in (1, AT_ONCE):
                if at_once == 1 or way in {"asyncpg's pool, encoded", "the step"}:
                    took = await _cpu([asker() for _ in range(at_once)])
                    taken[way, at_once] = min(took, taken.get((way, at_once), took))
    bare = taken["asyncpg, one connection", 1]
    for (way, at_once), took in sorted(taken.items(), key=lambda item: item[0][1]):
        late = f" over {TARGET}" if way == "the step" and took > TARGET * bare else ""
        print(f"| {rows} | {at_once} | {way} | {took:.1f} µs | {took / bare:.2f}{late} |")


def main() -> None:
    """Print the table."""
    loop = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with _server() as url, tempfile.TemporaryDirectory() as folder, loop as runner:
        runner.run(_measure(url, folder))


if __name__ == "__main__":
    main()
