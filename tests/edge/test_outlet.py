"""The plain way; the direct one stands in front of real sockets in tests/e2e/test_proxy.py."""

import pytest

from gateway.edge.answer import HalfAnswerError
from gateway.edge.outlet import outlet_of
from tests.support.asgi import AsgiClient


async def test_pieces_are_messages_and_the_last_one_says_so():
    client = AsgiClient()
    outlet = outlet_of(client.scope, client.send)

    await outlet.start(200, [(b"etag", b"1")], b"ab")
    await outlet.write(b"c")
    await outlet.write(b"")
    await outlet.end()

    assert (client.status, client.headers, client.body) == (200, {"etag": "1"}, b"abc")
    assert [message.get("more_body") for message in client.sent] == [None, True, True, False]
    assert outlet.sent == 3
    assert not outlet.gone


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304), ("GET", 204)])
async def test_answer_without_a_body_sends_none(method, status):
    client = AsgiClient(method)
    outlet = outlet_of(client.scope, client.send)

    await outlet.start(status, [], b"ab")
    await outlet.end()

    assert client.body == b""
    assert outlet.sent == 0


async def test_answer_that_is_not_whole_makes_the_server_break_the_connection():
    client = AsgiClient()
    outlet = outlet_of(client.scope, client.send)
    await outlet.start(200, [], b"ab")

    with pytest.raises(HalfAnswerError):
        outlet.abort()
