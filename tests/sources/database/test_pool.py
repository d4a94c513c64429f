"""Connections to servers that are slow, full, gone, back, or not who they should be: nothing hangs."""

import asyncio
import ssl
import time

import trustme

from gateway.outcome import Cause, Failure, Success
from tests.support.postgres import postgres, speaking_tls
from tests.support.postgres_source import asking, execute, statement, until_true
from tests.support.real_servers import free_port
from tests.support.tcp_faults import TcpFaults

ONE = "select 1"


def of_query(function, part):
    """Calls *function* with the process of the one query that has *part* in it."""
    found = f"pg_stat_activity where query like '%{part}%' and pid <> pg_backend_pid()"
    return f"select {function}(pid) from {found}"


async def test_a_backend_that_is_killed_mid_query_leaves_the_call_incomplete(dsn):
    async with asking(dsn) as asked:
        _, outcome = asked.begin(statement("select pg_sleep(20)"), timeout=30.0)
        await asyncio.sleep(0.1)
        await execute(
            dsn,
            of_query("pg_terminate_backend", "pg_sleep(20)"),
        )

        failure = await outcome
        assert (failure.cause, failure.detail) == (
            Cause.INCOMPLETE,
            "the server ended the connection (SQLSTATE 57P01)",
        )
        assert isinstance(await asked.ask(ONE), Success)
        assert (asked.pool.state().lost, asked.pool.state().open) == (1, 1)


async def test_a_query_that_an_operator_cancels_is_a_timeout_and_its_connection_goes_on(dsn):
    async with asking(dsn) as asked:
        _, outcome = asked.begin(statement("select pg_sleep(21)"), timeout=30.0)
        await asyncio.sleep(0.1)
        await execute(
            dsn,
            of_query("pg_cancel_backend", "pg_sleep(21)"),
        )

        assert (await outcome).cause is Cause.TIMEOUT
        assert (asked.pool.state().lost, asked.pool.state().idle) == (0, 1)


async def test_a_connection_that_is_reset_mid_query_leaves_the_call_incomplete(shared_server):
    async with (
        TcpFaults(shared_server.port) as between,
        asking(f"postgresql://postgres@127.0.0.1:{between.port}/postgres") as asked,
    ):
        _, outcome = asked.begin(statement("select pg_sleep(2)"), timeout=30.0)
        await asyncio.sleep(0.1)
        between.cut()

        assert (await outcome).cause is Cause.INCOMPLETE
        assert isinstance(await asked.ask(ONE), Success)


async def test_a_server_that_stops_and_starts_again_is_found_again(server):
    async with asking(server.dsn()) as asked:
        assert isinstance(await asked.ask(ONE), Success)
        _, outcome = asked.begin(statement("select pg_sleep(20)"), timeout=30.0)
        await asyncio.sleep(0.05)
        await asyncio.to_thread(server.stop)

        assert (await outcome).cause is Cause.INCOMPLETE
        for _ in range(5):
            failure = await asked.ask(ONE)
            assert (failure.cause, failure.detail) == (
                Cause.UNREACHABLE,
                "not connected: ConnectionRefusedError",
            )
        assert asked.pool.details()["trouble"] == "not connected: ConnectionRefusedError"
        assert asked.pool.state().open == 0

        await asyncio.to_thread(server.start)
        assert isinstance(await asked.ask(ONE), Success)
        assert "trouble" not in asked.pool.details()


async def test_idle_connections_that_a_crash_broke_are_never_used_again(server):
    async with asking(server.dsn(), limit=5, max_wait=5.0) as asked:
        sleeping = statement("select pg_sleep(0.05)")
        begun = [asked.begin(sleeping) for _ in range(5)]
        assert all([isinstance(await outcome, Success) for _, outcome in begun])
        assert asked.pool.state().idle == 5
        await asyncio.to_thread(server.crash)
        await asyncio.to_thread(server.start)

        assert [type(await asked.ask(ONE)) for _ in range(5)] == [Success] * 5


async def test_a_server_that_hangs_costs_the_attempts_time_and_then_the_pool_recovers(server):
    async with asking(server.dsn(), limit=4, timeout=0.2) as asked, asking(server.dsn(), limit=1) as other:
        begun = [asked.begin(statement("select pg_sleep(0.1)")) for _ in range(4)]
        assert all([isinstance(await outcome, Success) for _, outcome in begun])
        server.freeze()
        try:
            calls = [asked.begin(statement(ONE)) for _ in range(4)]
            await asyncio.sleep(0.05)
            began = time.monotonic()
            for call, _ in calls:
                call.expire()
            assert [(await outcome).cause for _, outcome in calls] == [Cause.TIMEOUT] * 4
            assert (await asked.ask(ONE)).cause is Cause.BULKHEAD_FULL
            assert time.monotonic() - began < 0.5
            await until_true(lambda: asked.pool.state().open == 0)
        finally:
            server.thaw()
        assert isinstance(await asked.ask(ONE), Success)
        assert isinstance(await other.ask(ONE), Success)


async def test_a_pool_without_a_free_connection_refuses_in_time_and_serves_in_order(dsn):
    async with asking(dsn, limit=2, max_wait=0.15) as asked:
        held = [asked.begin(statement("select pg_sleep(0.6)"), timeout=5.0) for _ in range(2)]
        await asyncio.sleep(0.05)
        began = time.monotonic()
        refused = await asked.ask(ONE)

        assert 0.1 < time.monotonic() - began < 0.5
        assert (refused.cause, refused.retry_after) == (Cause.BULKHEAD_FULL, 1.0)
        assert refused.detail == "none of 2 connections came free within 150 ms"
        assert all([isinstance(await outcome, Success) for _, outcome in held])
    async with asking(dsn, limit=1, max_wait=5.0) as asked:
        order = []

        async def one(number):
            await asked.ask(ONE)
            order.append(number)

        await asyncio.gather(*map(one, range(20)))
        assert order == list(range(20))
        assert asked.pool.state().created == 1


async def test_a_server_with_too_many_connections_is_throttled():
    with postgres(
        "max_connections=5", "superuser_reserved_connections=1", "reserved_connections=0", "max_wal_senders=0"
    ) as server:
        await execute(server.dsn(), "create role app login")
        dsn = server.dsn("app")
        async with asking(dsn, limit=10, max_wait=1.0) as asked:
            begun = [asked.begin(statement("select pg_sleep(0.5)"), timeout=5.0) for _ in range(10)]
            outcomes = [await outcome for _, outcome in begun]

            refused = [each for each in outcomes if isinstance(each, Failure)]
            assert {each.cause for each in refused} == {Cause.THROTTLED}
            assert {each.retry_after for each in refused} == {1.0}
            assert 3 <= len(outcomes) - len(refused) <= 5


async def test_wrong_credentials_are_told_without_a_secret(shared_server):
    await execute(
        shared_server.dsn(), "drop role if exists guarded", "create role guarded login password 'right-one'"
    )
    async with asking(shared_server.dsn("guarded", "wrong-one")) as asked:
        failure = await asked.ask(ONE)

        assert (failure.cause, failure.detail) == (
            Cause.UNREACHABLE,
            "the login was refused (SQLSTATE 28P01)",
        )
        told = f"{asked.pool.details()} {asked.pool} {asked.pool.rules} {failure}"
        assert "28P01" in told
        assert "wrong-one" not in told
    async with asking(shared_server.dsn("guarded", "right-one")) as asked:
        assert isinstance(await asked.ask(ONE), Success)


async def test_other_reasons_for_having_no_connection_are_told_apart(shared_server):
    here = f"127.0.0.1:{shared_server.port}"
    reasons = {
        f"postgresql://postgres@{here}/nowhere": "there is no such database (SQLSTATE 3D000)",
        f"postgresql://nobody@{here}/postgres": "the login was refused (SQLSTATE 28000)",
        f"postgresql://postgres@127.0.0.1:{free_port()}/postgres": "not connected: ConnectionRefusedError",
        f"postgresql://postgres@{here}/postgres?target_session_attrs=standby": (
            "no host is of the kind that `target_session_attrs` asks for"
        ),
        "postgresql://postgres@no-such-host.invalid/postgres": "not connected: gaierror",
    }
    for dsn, detail in reasons.items():
        async with asking(dsn) as asked:
            failure = await asked.ask(ONE)

            assert failure.cause is Cause.UNREACHABLE
            assert failure.detail == detail


async def test_a_server_that_accepts_and_says_nothing_is_not_connected_in_time():
    writers = []
    silent = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    try:
        async with asking(f"postgresql://u@127.0.0.1:{port}/d", connect_timeout=0.1) as asked:
            failure = await asked.ask(ONE)

            assert (failure.cause, failure.detail) == (Cause.UNREACHABLE, "not connected in time")
    finally:
        silent.close()
        for writer in writers:
            writer.transport.abort()


async def test_of_several_hosts_the_one_that_answers_is_taken(server, shared_server):
    first, second = server.port, shared_server.port
    dsn = f"postgresql://postgres@127.0.0.1:{first},127.0.0.1:{second}/postgres"
    async with asking(dsn) as asked:
        port = "select current_setting('port')::int"
        assert await asked.body(port, result="value") == str(first).encode()
        await asyncio.to_thread(server.stop)

        assert await asked.body(port, result="value") == str(second).encode()


async def test_a_connection_that_nobody_uses_for_long_is_closed(dsn):
    async with asking(dsn, limit=3, idle=0.1) as asked:
        begun = [asked.begin(statement("select pg_sleep(0.05)")) for _ in range(3)]
        assert all([isinstance(await outcome, Success) for _, outcome in begun])
        assert asked.pool.state().open == 3
        for _ in range(8):
            await asyncio.sleep(0.03)
            await asked.ask(ONE)

        await until_true(lambda: asked.pool.state().open == 1)
        assert asked.pool.state().lost == 0


async def test_a_pool_that_is_closed_has_nothing_under_way_and_can_be_opened_again(dsn):
    async with asking(dsn) as asked:
        _, outcome = asked.begin(statement("select pg_sleep(20)"), timeout=30.0)
        await asyncio.sleep(0.05)
        await asked.pool.close()

        assert (await outcome).cause is Cause.INCOMPLETE
        assert asked.pool.state().open == 0
        assert (await asked.ask(ONE)).cause is Cause.UNREACHABLE
        await asked.pool.open()
        assert isinstance(await asked.ask(ONE), Success)


async def test_tls_trusts_who_is_to_be_trusted_and_nobody_else(shared_server):
    authority = trustme.CA()
    async with speaking_tls(shared_server.port, authority) as port:
        dsn = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        async with asking(dsn, context=trusting) as asked:
            assert await asked.body(ONE, result="value") == b"1"
        async with asking(dsn, context=ssl.create_default_context()) as asked:
            failure = await asked.ask(ONE)

            assert (failure.cause, failure.detail) == (
                Cause.UNREACHABLE,
                "TLS failed: CERTIFICATE_VERIFY_FAILED",
            )


async def test_a_server_without_tls_is_not_asked_when_tls_is_wanted(dsn):
    async with asking(dsn, context=ssl.create_default_context()) as asked:
        assert (await asked.ask(ONE)).cause is Cause.UNREACHABLE
