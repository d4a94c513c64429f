"""The protocol by itself, as the admin listener has it; tests/e2e/test_sockets.py is about both protocols."""

import asyncio
from types import SimpleNamespace

import pytest

from gateway.edge.unread import OWN
from gateway.edge.watched import WatchedProtocol
from gateway.timers import Timers
from tests.support.deaf import Deaf
from tests.support.gateways import eventually, listening

TIME = 0.2
MUCH = b"x" * 16_000_000  # more than the buffers of both ends take


async def much(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": MUCH})


@pytest.mark.parametrize("last", [b"", b"connection: close\r\n"], ids=["kept", "last"])
async def test_client_that_never_reads_is_given_up(last):
    stalled = []
    unread = Timers(asyncio.get_running_loop()).of(TIME)
    bounds = {"unread": unread, "stalled": lambda: stalled.append(1)}
    async with (
        listening(much, **bounds) as there,
        Deaf(there.port, b"GET / HTTP/1.1\r\nhost: x\r\n%b\r\n" % last) as client,
    ):
        await eventually(lambda: client.reset, 5.0)

        assert stalled == [1]
        assert len(unread) == 0


@pytest.mark.parametrize(
    ("scope", "complete", "excused"),
    [({}, False, False), ({OWN: True}, False, True), ({OWN: True}, True, False)],
)
def test_who_bounds_the_time_himself_does_so_until_his_answer_is_out(scope, complete, excused):
    cycle = SimpleNamespace(scope=scope, response_complete=complete)

    assert WatchedProtocol.excused.fget(SimpleNamespace(cycle=cycle)) is excused
    assert not WatchedProtocol.excused.fget(SimpleNamespace(cycle=None))
