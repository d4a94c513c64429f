"""A part answers or it does not; nothing else can come of looking."""

import asyncio

import pytest

from gateway.demo.probe import answers
from tests.support.processes import free_ports


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", False),
        (b"HTTP/1.1 404 200\r\n\r\n", False),
        (b"", False),
        (b"200", False),
    ],
)
async def test_only_status_200_is_an_answer(reply, expected):
    asked = []

    async def serve(reader, writer):
        asked.append(await reader.readline())
        writer.write(reply)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await answers("127.0.0.1", port, "/a?b=1") is expected
    assert asked == [b"GET /a?b=1 HTTP/1.1\r\n"]


async def test_a_closed_port_does_not_answer():
    assert await answers("127.0.0.1", free_ports(1)[0], "/") is False
