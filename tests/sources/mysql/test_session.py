"""What a step may ask of a real MariaDB, and what becomes of a connection that is cut, lost or refused."""

import asyncio
import ssl
import time

import pytest
import trustme

from gateway.outcome import Cause, Failure, Success
from tests.support.mariadb import mariadb, unavailable
from tests.support.mysql_source import asking, execute, statement
from tests.support.postgres_source import until_true

CUT = Failure(Cause.OUT_OF_TIME, "the client left")
ONE = "select 1"
SLEEPING = (
    "select count(*) from information_schema.processlist"
    " where info like '%sleep(20)%' and command = 'Execute'"
)


async def table(dsn):
    await execute(
        dsn,
        "create or replace table account(id int primary key, name varchar(20) unique)",
        "insert into account values (1, 'Ada'), (2, 'Bob')",
    )


async def test_results_are_all_rows_the_first_or_its_first_column(dsn):
    await table(dsn)
    async with asking(dsn) as asked:
        sql = "select id, name from account order by id desc # and no more"

        assert await asked.body(sql) == b'[{"id":2,"name":"Bob"},{"id":1,"name":"Ada"}]'
        assert await asked.body(sql, result="one") == b'{"id":2,"name":"Bob"}'
        assert await asked.body(sql, result="value") == b"2"


async def test_only_what_says_so_may_write(dsn):
    await table(dsn)
    async with asking(dsn) as asked:
        sql = "insert into account values ({p1}, {p2})"

        assert (await asked.ask(sql, "3", "Cy")).detail == (
            "it writes, and the transaction is read-only (error 1792)"
        )
        assert await asked.body(sql, "3", "Cy", write=True) == b"1"
        conflict = await asked.ask(sql, "3", "Cy", write=True)
        assert (conflict.cause, conflict.status) == (Cause.REJECTED, 409)
        assert (
            await asked.body("delete from account where id > 1 returning id", write=True)
            == b'[{"id":2},{"id":3}]'
        )
        assert (asked.pool.state().created, asked.pool.state().lost) == (1, 0)


async def test_the_server_itself_ends_a_query_when_the_attempts_time_is_over(dsn):
    async with asking(dsn) as asked:
        _, outcome = asked.begin(statement("select sleep(20)"), timeout=0.1)

        failure = await outcome
        assert (failure.cause, failure.detail) == (Cause.TIMEOUT, "the server interrupted it (error 1969)")
        assert isinstance(await asked.ask(ONE), Success)


async def test_a_call_that_is_cut_ends_at_once_and_its_query_at_the_server_too(dsn):
    async with asking(dsn) as asked:
        call, outcome = asked.begin(statement("select sleep(20)"), timeout=30.0)
        async with asyncio.timeout(5.0):
            while not (await execute(dsn, SLEEPING))[0][0]:
                await asyncio.sleep(0.01)
        began = time.monotonic()
        call.cut(CUT)

        assert await outcome is CUT
        assert time.monotonic() - began < 0.1
        async with asyncio.timeout(5.0):
            while (await execute(dsn, SLEEPING))[0][0]:
                await asyncio.sleep(0.01)
        await until_true(lambda: asked.pool.state().open == 0)
        assert isinstance(await asked.ask(ONE), Success)


async def test_a_storm_of_cuts_leaves_the_pool_whole(dsn):
    async with asking(dsn, limit=5, max_wait=5.0) as asked:
        slow = statement("select sleep(20)")
        for _ in range(20):
            begun = [asked.begin(slow, timeout=30.0) for _ in range(5)]
            await asyncio.sleep(0.005)
            for call, _ in begun:
                call.cut(CUT)
            assert {await outcome for _, outcome in begun} == {CUT}

        await until_true(lambda: asked.pool.state().in_use == 0, 20.0)
        assert asked.pool.state().waiting == 0
        outcomes = await asyncio.gather(*(asked.ask(ONE) for _ in range(20)))
        assert all(isinstance(outcome, Success) for outcome in outcomes)


async def test_a_connection_that_is_killed_mid_query_leaves_the_call_incomplete(dsn):
    async with asking(dsn) as asked:
        _, outcome = asked.begin(statement("select sleep(20)"), timeout=30.0)
        async with asyncio.timeout(5.0):
            while not (found := await execute(dsn, SLEEPING.replace("count(*)", "id"))):
                await asyncio.sleep(0.01)
        await execute(dsn, f"kill {found[0][0]}")

        assert (await outcome).cause is Cause.INCOMPLETE
        assert isinstance(await asked.ask(ONE), Success)


async def test_wrong_credentials_are_told_without_a_secret(server):
    async with asking(server.dsn(password="open-sesame")) as asked:
        failure = await asked.ask(ONE)

        assert (failure.cause, failure.detail) == (Cause.UNREACHABLE, "the login was refused (error 1045)")
        told = f"{asked.pool.details()} {asked.pool} {failure}"
        assert "1045" in told
        assert "open-sesame" not in told


async def test_a_server_that_stops_and_starts_again_is_found_again(server):
    async with asking(server.dsn()) as asked:
        assert isinstance(await asked.ask(ONE), Success)
        await asyncio.to_thread(server.stop)
        outcomes = [await asked.ask(ONE) for _ in range(3)]
        assert {each.cause for each in outcomes} <= {Cause.UNREACHABLE, Cause.INCOMPLETE}
        assert outcomes[-1].detail == "not connected: ConnectionRefusedError"

        await asyncio.to_thread(server.start)
        assert isinstance(await asked.ask(ONE), Success)


async def test_a_pool_without_a_free_connection_refuses_in_time(dsn):
    async with asking(dsn, limit=1, max_wait=0.1) as asked:
        _, held = asked.begin(statement("select sleep(0.4)"), timeout=5.0)
        await asyncio.sleep(0.1)

        assert (await asked.ask(ONE)).cause is Cause.BULKHEAD_FULL
        assert isinstance(await held, Success)


async def test_tls_trusts_who_is_to_be_trusted_and_nobody_else():
    if why := unavailable():
        pytest.skip(why)
    authority = trustme.CA()
    with mariadb(authority.issue_cert("127.0.0.1")) as server:
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        async with asking(server.dsn(), context=trusting) as asked:
            assert (
                len(
                    await asked.body(
                        "select variable_value from information_schema.session_status"
                        " where variable_name = 'ssl_cipher'",
                        result="value",
                    )
                )
                > 2
            )
        async with asking(server.dsn(), context=ssl.create_default_context()) as asked:
            failure = await asked.ask(ONE)

            assert (failure.cause, failure.detail) == (
                Cause.UNREACHABLE,
                "TLS failed: CERTIFICATE_VERIFY_FAILED",
            )
