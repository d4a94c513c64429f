"""However a client's bytes are cut into pieces, the same requests are read from them and answered in order.

Two protocols take turns at a connection, piece by piece; no cut may bring a request that nobody sent.
"""

import asyncio
import json
import random
import re

import pytest

from tests.support.gateways import Site, serving

CONFIG = """
upstreams: { up: { url: "${UP}", retry: off } }
routes:
  GET /x/{n:int}: { steps: { x: { get: up/x } }, respond: { n: "{n}" } }
  GET /forbidden: { steps: { x: { get: up/forbidden } }, respond: "{x}" }
  POST /echo: { steps: { x: { get: up/x } }, respond: { n: "{body.n}" } }
  PUT /files/{rest:path}: { proxy: "up/{rest}" }
"""
DECOY = b"GET /forbidden HTTP/1.1\r\nhost: x\r\n\r\n"


def plain(n):
    return b"GET /x/%d HTTP/1.1\r\nhost: x\r\n\r\n" % n, (200, {"n": n})


def with_a_header_like_a_request(n):
    return b"GET /x/%d HTTP/1.1\r\nhost: x\r\nx-note: GET /forbidden HTTP/1.1\r\n\r\n" % n, (200, {"n": n})


def with_a_body(n):
    body = b'{"n": %d}' % n
    head = b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body, (200, {"n": n})


def in_chunks(n):
    lines = b"content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    body = b'5\r\n{"n":\r\n3\r\n%2d}\r\n0\r\nx-trailer: y\r\n\r\n' % n
    return b"POST /echo HTTP/1.1\r\nhost: x\r\n" + lines + body, (200, {"n": n})


def with_a_body_that_nobody_reads(n):
    head = b"POST /nowhere/%d HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
    return head % (n, len(DECOY)) + DECOY, (404, None)


def passed_on(n):
    return b"PUT /files/put HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(DECOY) + DECOY, (
        200,
        None,
    )


def page(n):
    return b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n", (200, None)


KINDS = [
    *(plain, with_a_header_like_a_request, with_a_body, in_chunks),
    *(with_a_body_that_nobody_reads, passed_on, page),
]


def pieces_of(data, rng):
    """*data* cut at random places, and now and then just before what is, or only looks like, a request."""
    spots = [found.start() for found in re.finditer(rb"(?!^)(?:GET|POST|PUT) /", data)]
    cuts = {
        *rng.sample(range(1, len(data)), rng.randint(0, 4)),
        *(spot for spot in spots if rng.random() < 0.3),
    }
    places = sorted(cuts)
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


async def sent(client, pieces, rng):
    for piece in pieces:
        client.send_raw(piece)
        await client.writer.drain()
        await asyncio.sleep(rng.choice([0, 0, 0.001, 0.005]))


@pytest.mark.parametrize("seed", range(25))
async def test_requests_are_the_same_however_they_are_cut(seed):
    rng = random.Random(seed)
    print("seed", seed)
    site = Site({"/x": 1, "/forbidden": 2, "/put": 3})
    async with serving(CONFIG, UP=site) as g:
        for _ in range(4):
            requests, expected = zip(*(rng.choice(KINDS)(n) for n in range(rng.randint(1, 7))), strict=True)
            async with g.client() as client:
                sending = asyncio.ensure_future(sent(client, pieces_of(b"".join(requests), rng), rng))
                for status, body in expected:
                    answer = await asyncio.wait_for(client.answer(), 5)
                    assert answer.status == status
                    assert body is None or json.loads(answer.body) == body
                await sending
    assert "/forbidden" not in site.paths
