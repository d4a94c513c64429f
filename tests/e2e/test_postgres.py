"""Whole gateways over a real PostgreSQL: what clients and operators see of it."""

import asyncio
import json
import time

import pytest

from tests.support.gateways import eventually, serving
from tests.support.otlp import collecting
from tests.support.postgres import postgres, unavailable
from tests.support.postgres_source import execute

CONFIG = """
upstreams:
  accounts:
    postgres: { dsn: "${DB}", pool: 4 }
    timeout: 300ms
    breaker: { consecutive: 5, open_for: 200ms }
routes:
  GET /accounts/{id:int}:
    time_limit: 1s
    steps:
      account:
        upstream: accounts
        sql: "select id, name, balance from account where id = {id}"
        result: one
        required: true
      orders:
        upstream: accounts
        sql: |
          select id, total from orders
          where account = {account.id} and total > {query.over:number | 0} order by id
        fallback: []
  GET /missing: { steps: { a: { upstream: accounts, sql: "select * from no_such_table" } } }
  GET /number: { steps: { a: { upstream: accounts, sql: "select {query.n}::int", result: value } } }
  POST /accounts:
    steps:
      made:
        upstream: accounts
        sql: "insert into account (name, balance) values ({body.name}, {body.balance}) returning id"
        result: one
        write: on
  GET /slow:
    time_limit: 5s
    steps: { a: { upstream: accounts, sql: "select pg_sleep(3)", timeout: 4s } }
  GET /hangs:
    steps: { a: { upstream: accounts, sql: "select pg_sleep(3)", retry: off } }
  GET /other: { steps: { a: { value: fine } } }
"""


@pytest.fixture(scope="module")
def server():
    if why := unavailable():
        pytest.skip(why)
    with postgres() as running:
        yield running


@pytest.fixture
async def accounts(server):
    await execute(
        server.dsn(),
        "drop table if exists orders, account",
        "create table account"
        "(id int generated always as identity primary key, name text unique, balance numeric)",
        "create table orders(id int, account int, total numeric(10,2))",
        "insert into account(name, balance) values ('Ada', 1.10), ('Bob', 2)",
        "insert into orders values (1, 1, 5.00), (2, 1, 50.10), (3, 2, 7)",
    )
    return server.dsn()


async def test_steps_read_from_the_request_and_from_each_other(accounts):
    async with serving(CONFIG, DB=accounts) as served:
        answer = await served.get("/accounts/1?over=10")

        assert (answer.status, answer.body) == (
            200,
            b'{"account":{"id":1,"name":"Ada","balance":1.10},"orders":[{"id":2,"total":50.10}]}',
        )


async def test_a_row_that_is_not_there_is_null_and_so_is_what_is_read_of_it(accounts):
    async with serving(CONFIG, DB=accounts) as served:
        answer = await served.get("/accounts/99")

        assert (answer.status, answer.body) == (200, b'{"account":null,"orders":[]}')


async def test_a_clients_mistake_is_the_clients_and_an_authors_is_ours(accounts):
    async with serving(CONFIG, DB=accounts) as served:
        number, missing = await served.get("/number?n=many"), await served.get("/missing")

        assert (number.status, json.loads(number.body)["cause"]) == (422, "rejected")
        assert (missing.status, json.loads(missing.body)["cause"]) == (502, "rejected")
        assert b"no_such_table" not in missing.body
        assert served.gateway.upstreams["accounts"].circuit().state == "closed"


async def test_what_is_written_is_written_once_and_a_duplicate_is_a_conflict(accounts):
    async with serving(CONFIG, DB=accounts) as served:
        body = {"name": "Cy; drop table account", "balance": 5}

        assert (await served.ask("/accounts", "POST", body)).body == b'{"made":{"id":3}}'
        assert (await served.ask("/accounts", "POST", body)).status == 409
        assert (await execute(accounts, "select count(*) from account"))[0][0] == 3


async def test_a_client_that_leaves_ends_its_query(accounts):
    async with serving(CONFIG, DB=accounts) as served:
        async with served.client() as client:
            client.send("GET", "/slow")
            await asyncio.sleep(0.2)
        running = (
            "select count(*) from pg_stat_activity where state = 'active' and query like '%pg_sleep(3)%'"
        )
        running += " and pid <> pg_backend_pid()"

        async with asyncio.timeout(2.0):
            while (await execute(accounts, running))[0][0]:
                await asyncio.sleep(0.01)
        await served.idle()


async def test_c8_requests_that_are_cut_leave_the_pool_of_a_database_whole(accounts):
    async with serving(CONFIG, DB=accounts) as served:
        for _ in range(10):
            async with served.client() as one, served.client() as other:
                one.send("GET", "/slow")
                other.send("GET", "/slow")
                await asyncio.sleep(0.06)
        await served.idle()

        assert (await served.get("/accounts/1")).status == 200
        assert served.gateway.upstreams["accounts"].pool().lost == 0


async def test_i4_a_database_that_hangs_does_not_touch_other_routes(accounts, server):
    async with serving(CONFIG, DB=accounts) as served:
        assert (await served.get("/accounts/1")).status == 200
        server.freeze()
        try:
            hanging = [asyncio.ensure_future(served.get("/hangs")) for _ in range(30)]
            await asyncio.sleep(0.05)
            began = time.monotonic()
            for _ in range(20):
                assert (await served.get("/other")).body == b'{"a":"fine"}'
            assert time.monotonic() - began < 0.3
            statuses = {answer.status for answer in await asyncio.gather(*hanging)}
            assert statuses <= {502, 503, 504}  # not connected, no slot, no answer
            assert (await served.get("/hangs")).status in {502, 503, 504}
        finally:
            server.thaw()
        await eventually(lambda: served.gateway.upstreams["accounts"].pool().in_use == 0, 5.0)
        await asyncio.sleep(0.25)
        for _ in range(5):
            last = await served.get("/accounts/1")
        assert last.status == 200


async def test_wrong_credentials_are_told_to_operators_without_a_secret(accounts, server):
    await execute(accounts, "drop role if exists guarded", "create role guarded login password 'right'")
    dsn = server.dsn("guarded", "open-sesame")
    async with serving(CONFIG, DB=dsn) as served:
        for _ in range(6):
            answer = await served.get("/number?n=1")
        details = served.gateway.upstreams["accounts"].details()

        assert answer.status in {502, 503}
        assert details["trouble"] == "the login was refused (SQLSTATE 28P01)"
        assert served.gateway.upstreams["accounts"].circuit().state == "open"
        for told in (answer.body, str(details).encode(), str(answer.headers).encode()):
            assert b"open-sesame" not in told
            assert b"guarded" not in told


async def test_attempts_are_spans_of_a_database(accounts, server, monkeypatch):
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        async with serving(f"telemetry: {{ traces: {{ ratio: 1 }} }}\n{CONFIG}", DB=accounts) as served:
            assert (await served.get("/number?n=1")).status == 200
            assert (await served.get("/number?n=x")).status == 422

    good, bad = sorted(collector.by(kind="client"), key=lambda span: span.start)
    assert (good.name, good.error, bad.error) == ("SELECT accounts", False, True)
    assert good.attributes["db.system.name"] == "postgresql"
    assert good.attributes["db.operation.name"] == "SELECT"
    assert (good.attributes["server.address"], good.attributes["server.port"]) == ("127.0.0.1", server.port)
    assert "http.response.status_code" not in good.attributes
    assert bad.attributes["gateway.cause"] == "rejected"
