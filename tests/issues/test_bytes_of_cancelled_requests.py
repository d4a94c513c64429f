"""A request that was cancelled (by a middleware around the gateway, say) kept its bytes for ever."""

import asyncio

from tests.support.gateways import Listening, eventually, gateway_of, held_by, listening
from tests.support.servers import scripted

CONFIG = """
upstreams: { a: { url: "${URL}" } }
routes:
  GET /one: { steps: { x: { get: a/x } } }
  GET /two: { steps: { x: { get: a/x }, y: { get: a/y } } }
  POST /body: { steps: { x: { post: a/x, json: "{body}" } } }
"""


async def half_an_answer(peer):
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n[1,2,")
    await peer.eof()


async def test_a_cancelled_request_gives_back_every_byte_and_slot():
    async with scripted(half_an_answer) as up, gateway_of(CONFIG, environ={"URL": up.url}) as gateway:

        async def impatient(scope, receive, send):
            try:
                async with asyncio.timeout(0.1):
                    await gateway(scope, receive, send)
            except TimeoutError:
                await send({"type": "http.response.start", "status": 504, "headers": []})
                await send({"type": "http.response.body"})

        async with listening(impatient) as there:
            assert isinstance(there, Listening)
            for target in ("/one", "/two"):
                assert (await there.get(target)).status == 504
                await eventually(lambda: not held_by(gateway), 0.5, lambda: held_by(gateway))
            assert (await there.ask("/body", "POST", [1])).status == 504
            assert held_by(gateway)["background"] == 1  # it was sent, and may have had an effect
        await eventually(lambda: not held_by(gateway), 2.0, lambda: held_by(gateway))
