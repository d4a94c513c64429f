import httpx
import pytest

from gateway.transport.clients import Clients


class Counted(httpx.AsyncBaseTransport):
    def __init__(self) -> None:
        self.closed = 0

    async def aclose(self) -> None:
        self.closed += 1


@pytest.fixture
def clients():
    return Clients(Counted)


async def test_everybody_uses_the_current_client(clients):
    first, second = clients.take(), clients.take()
    assert first is second
    await clients.give(first, retire=False)
    await clients.give(second, retire=False)
    assert (len(clients), first.closed) == (1, 0)


async def test_retired_client_is_closed_by_the_last_one_out(clients):
    first = clients.take()
    clients.take()
    await clients.give(first, retire=True)
    assert first.closed == 0
    assert clients.take() is not first
    await clients.give(first, retire=True)
    assert (len(clients), first.closed) == (1, 1)


async def test_close_closes_what_is_left(clients):
    client = clients.take()
    await clients.give(client, retire=False)
    await clients.close()
    assert (len(clients), client.closed) == (0, 1)
