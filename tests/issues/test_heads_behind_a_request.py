"""A head that began in one piece with the request before it was nobody's: what came next was a request anew.

A proxy in front that sends requests of several clients over one connection, one behind the other, could so be
made to bring a request that no client had sent: a header's value that looks like one, after an unlucky piece.
"""

import pytest

from tests.support.gateways import Site, serving

CONFIG = """
upstreams: { up: { url: "${UP}" } }
routes:
  GET /x: { steps: { x: { get: up/x } }, respond: "{x}" }
  GET /other: { steps: { x: { get: up/other } }, respond: "{x}" }
  POST /echo: { steps: { x: { post: up/echo, json: "{body}" } }, respond: "{x}" }
"""
WITH_BODY = b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n"
NOWHERE = b"POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n"


@pytest.mark.parametrize("pieces", [[WITH_BODY + b"{}"], [WITH_BODY, b"{}"], [NOWHERE, b"{}"]])
async def test_head_that_began_behind_a_request_goes_on(pieces):
    site = Site({"/x": 1, "/other": 2, "/echo": 3})
    async with serving(CONFIG, UP=site) as g, g.client() as client:
        for piece in pieces[:-1]:
            client.send_raw(piece)
            await client.writer.drain()
        early = pieces[0] == NOWHERE  # its answer does not wait for the body
        if early:
            assert (await client.answer()).status == 404
        client.send_raw(pieces[-1] + b"GET /x HTTP/1.1\r\nx-note: ")
        if not early:
            assert (await client.answer()).body == b"3"
        client.send_raw(b"GET /other HTTP/1.1\r\nhost: x\r\n\r\n")

        assert (await client.answer()).body == b"1"
        assert "/other" not in site.paths
