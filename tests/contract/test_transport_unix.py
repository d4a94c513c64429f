"""Both transports over a unix socket."""

import asyncio

import pytest

from gateway.outcome import Cause
from tests.support.servers import answer, answering, scripted
from tests.support.transports import KINDS, client

pytestmark = pytest.mark.parametrize("kind", KINDS)


async def test_calls_travel_over_the_socket_and_keep_it(kind, tmp_path):
    path = str(tmp_path / "up.sock")
    async with (
        scripted(answering(answer()), path=path) as server,
        client(kind, "http://up.example", unix_socket=path) as it,
    ):
        for _ in range(5):
            assert (await it.get(b"/base/x")).status == 200
        assert (it.state.created, it.state.reused) == (1, 4)
    assert server.requests[0].startswith(b"GET /base/x HTTP/1.1\r\n")
    assert b"host: up.example\r\n" in server.requests[0].lower()


async def test_socket_that_is_not_there_is_unreachable_until_it_is(kind, tmp_path):
    path = str(tmp_path / "up.sock")
    async with client(kind, "http://up.example", unix_socket=path) as it:
        assert (await it.get()).cause is Cause.UNREACHABLE
        async with scripted(answering(answer()), path=path):
            assert (await it.get()).status == 200
            await asyncio.sleep(0)


async def test_socket_without_a_listener_is_unreachable(kind, tmp_path):
    path = str(tmp_path / "up.sock")
    async with scripted(answering(answer()), path=path):
        pass
    async with client(kind, "http://up.example", unix_socket=path) as it:
        assert (await it.get()).cause is Cause.UNREACHABLE
