"""A request's time limit began anew once its body had come: a slow body doubled it."""

import asyncio

from tests.support.gateways import Site, after, replying, serving

CONFIG = """
upstreams: { a: { url: "${URL}" } }
routes:
  POST /body: { time_limit: 600ms, steps: { x: { post: a/x, json: "{body}", timeout: 590ms } } }
"""


async def test_the_time_that_a_body_takes_is_part_of_the_time_limit():
    site = Site({"/x": after(0.5, replying("1"))})
    async with serving(CONFIG, URL=site) as served, served.client() as client:
        client.send_raw(b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n")
        client.send_raw(b"content-length: 2\r\n\r\n{")
        await asyncio.sleep(0.3)
        client.send_raw(b"}")
        answer = await client.answer()
    assert (answer.status, answer.json["cause"]) == (504, "out_of_time")
    left = int(site.asked[0].headers["x-request-timeout-ms"])
    assert 0 < left <= 300
