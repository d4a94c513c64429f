"""A detached call's bytes were given back when its request ended, while they were still held."""

import asyncio

from tests.support.gateways import serving

CONFIG = """
upstreams: { a: { url: "${URL}" } }
routes:
  POST /order: { time_limit: 500ms, steps: { x: { post: a/x } } }
"""


async def test_bytes_of_a_detached_call_count_until_it_ends():
    async def in_two_parts(peer):
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n[1,2,")
        await asyncio.sleep(0.2)
        await peer.send(b"3, 4]")

    async with serving(CONFIG, URL=in_two_parts) as served:
        answer = await served.ask("/order", "POST", headers=[("x-request-timeout-ms", "80")])
        assert answer.json["cause"] == "out_of_time"
        assert served.held()["buffered"] == 5
        await served.idle()
