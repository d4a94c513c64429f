"""One way of asking, whatever stands behind the URL."""

import asyncio

import pytest

from gateway.stores.redis_client import OneServer, ask, client_of
from gateway.stores.redis_cluster import ClusterClient
from gateway.stores.redis_question import Trouble, UnansweredError
from tests.support.redis_stores import patient


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("redis://127.0.0.1", OneServer),
        ("rediss+sentinel://127.0.0.1/orders", OneServer),
        ("redis+cluster://127.0.0.1", ClusterClient),
    ],
)
async def test_url_says_which_client_it_is(url, kind):
    client = client_of(patient(url), lambda: 0.5)

    assert isinstance(client, kind)
    assert not client.ready(b"key")
    await client.close()


async def test_task_asks_and_is_told_why_there_is_no_answer(server):
    client = client_of(patient(server.url), lambda: 0.5)
    with pytest.raises(UnansweredError):
        await ask(client, [("GET", "a")], b"a")
    await client.open()

    assert client.ready(b"a")
    assert await ask(client, [("SET", "a", "1"), ("GET", "a")], b"a") == [b"OK", b"1"]
    server.freeze()
    asking = asyncio.ensure_future(ask(client, [("GET", "a")]))
    await asyncio.sleep(0.01)
    await client.close()
    with pytest.raises(UnansweredError) as failed:
        await asking
    assert failed.value.args[0] is Trouble.CLOSED
    server.thaw()
