"""A gateway that had been closed could be opened again, but its transports stayed closed for ever."""

import pytest

from tests.support.gateways import Site, gateway_of, listening
from tests.support.servers import scripted


@pytest.mark.parametrize("transport", ["h1", "httpx"])
async def test_a_gateway_that_is_opened_again_calls_its_upstreams_again(transport):
    config = """
upstreams: { a: { url: "${URL}", transport: @ } }
routes: { GET /x: { steps: { x: { get: a/x } } } }
""".replace("@", transport)
    async with scripted(Site()) as up:
        gateway = gateway_of(config, environ={"URL": up.url})
        for _ in range(2):
            async with gateway, listening(gateway) as there:
                assert (await there.get("/x")).status == 200
