"""A second signal did not end the wait for calls in the background: stopping took ten seconds more."""

import asyncio

import pytest

from tests.support.gateways import Site, eventually, gateway_of, hanging, held_by, listening
from tests.support.servers import scripted

CONFIG = """
upstreams: { a: { url: "${URL}", timeout: 20s } }
routes:
  POST /x: { time_limit: 30s, steps: { x: { post: a/x } } }
  GET /x: { time_limit: 30s, steps: { x: { get: a/x, coalesce: on, cache: { ttl: 1s } } } }
"""


@pytest.mark.parametrize("method", ["POST", "GET"])  # a call in the background, and a shared flight
async def test_a_gateway_in_a_hurry_closes_without_waiting(method):
    async with scripted(Site({"/x": hanging})) as up:
        gateway = gateway_of(CONFIG, environ={"URL": up.url})
        await gateway.open()
        async with listening(gateway) as there:
            answer = await there.ask("/x", method, headers=[("x-request-timeout-ms", "50")])
            assert answer.status == 504
        closing = asyncio.create_task(gateway.close())
        await eventually(lambda: gateway._health.ready()[0] == 503)
        assert not closing.done()
        gateway.hurry()
        async with asyncio.timeout(1):
            await closing
        assert held_by(gateway) == {}
