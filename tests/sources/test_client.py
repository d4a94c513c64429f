"""The client of what needs no connections."""

import dataclasses

from gateway.sources.client import NO_POOL, Client, Unconnected


async def test_what_needs_no_connections_has_none_and_can_always_be_opened_again():
    client: Client = Unconnected()

    for _ in range(2):
        await client.open()
        assert client.state() == NO_POOL
        await client.close()
    assert not any(dataclasses.astuple(NO_POOL))
