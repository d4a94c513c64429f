"""The recording generator knows each request's fate: whole, refused, lost, or left by its own client."""

import asyncio
import json
import sys

import pytest

from bench.faults.load import Order, Recorder
from bench.faults.seen import Kind

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the bench runs on Linux only")

PROFILE = {"profile": {"basic_info": {"id": 1}, "order_summary": {"count": 1}, "recommendations": [1]}}


class Server(asyncio.Protocol):
    """Answers requests, each as ``behaviour(path)`` says: a status and a delay, or ``None`` to hang up."""

    def __init__(self, behaviour):
        self.behaviour = behaviour

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        told = self.behaviour(data.split(b" ", 2)[1].decode())
        if told is None:
            self.transport.abort()
            return
        status, delay = told
        body = json.dumps(PROFILE).encode()
        head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        asyncio.get_running_loop().call_later(delay, self.transport.write, head + body)


async def recorded(behaviour, **order):
    accepted = []

    def accept():
        accepted.append(Server(behaviour))
        return accepted[-1]

    server = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        recorder = Recorder(Order(port, **order))
        await recorder.prepare()
        found = await recorder.record()
        for each in accepted:
            each.transport.abort()
        await asyncio.sleep(0)
        return found


async def test_users_are_asked_for_in_turn():
    asked = []

    def behaviour(path):
        asked.append(path)
        return 200, 0.0

    found = await recorded(behaviour, rate=500, seconds=0.01)

    assert found.kinds == "c" * 5
    assert asked == [f"/user/profile/{user}" for user in range(1, 6)]


async def test_each_fate_stands_at_the_place_of_its_request():
    fates = {"/user/profile/2": (503, 0.0), "/user/profile/4": None}

    found = await recorded(lambda path: fates.get(path, (200, 0.0)), rate=200, seconds=0.025)

    assert found.kinds == "cecl" + "c"


async def test_clients_that_hang_up_are_their_own_kind_and_the_others_are_served():
    found = await recorded(lambda _: (200, 0.05), rate=100, seconds=0.2, hang_ups=[0.095])

    left = found.kinds.count(Kind.LEFT)
    assert 1 <= left <= 10
    assert found.kinds.count(Kind.COMPLETE) == 20 - left
    assert found.kinds[-5:] == "c" * 5


async def test_times_count_from_when_a_request_was_due():
    found = await recorded(lambda _: (200, 0.03), rate=100, seconds=0.05)

    assert min(found.took) >= 0.03
