"""The demo's PostgreSQL by itself."""

import asyncio
import signal
import sys

import asyncpg
import pytest

from gateway.demo.postgres import ACCOUNTS
from gateway.demo.programs import postgres_url
from tests.support.processes import alive, children_of, free_ports, running, stopped_in

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes left behind in /proc"),
]


def test_every_statement_stands_on_a_line_as_a_server_without_clients_reads_them():
    assert all(line.endswith(";") for line in ACCOUNTS.read_text().splitlines())


async def test_it_has_an_account_for_every_user_of_the_demo():
    [port] = free_ports(1)
    with running("-m", "gateway.demo.postgres", "--port", str(port), ports=(port,)) as process:
        connection = await connected(postgres_url(port))
        count = await connection.fetchval("select count(*) from accounts")
        await connection.close()
        server = children_of(process.pid)
        assert stopped_in(process, signal.SIGTERM) < 3.0

    assert count == 1000
    assert server
    assert not any(map(alive, server))
    assert process.returncode == 0


async def connected(url):
    """A connection, once the server that listens has also started up."""
    async with asyncio.timeout(10.0):
        while True:
            try:
                return await asyncpg.connect(url)
            except asyncpg.CannotConnectNowError:
                await asyncio.sleep(0.05)


def test_told_to_end_before_it_serves_it_leaves_nothing():
    [port] = free_ports(1)
    with running("-m", "gateway.demo.postgres", "--port", str(port)) as process:
        process.stdout.close()
        assert stopped_in(process, signal.SIGTERM) < 5.0
