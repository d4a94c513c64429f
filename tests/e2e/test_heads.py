"""What a client can make the gateway hold besides bodies: request line, headers, trailers, framing."""

import asyncio
import json

import pytest

from gateway.timers import Timers
from tests.support.gateways import Site, listening, serving

LIMIT = 1024
CONFIG = """
server: { max_head: 2KiB }
upstreams: { up: { url: "${UP}" } }
routes:
  GET /x: { steps: { x: { get: up/x } }, respond: "{x}" }
"""


class Echo:
    """Answers with what it got; a path ``/slow`` waits for ``go_on`` first."""

    def __init__(self):
        self.go_on = asyncio.Event()
        self.seen = []
        self.gone = 0

    async def __call__(self, scope, receive, send):
        self.seen.append(scope["path"])
        if scope["path"] == "/slow":
            await self.go_on.wait()
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.gone += 1
                return
            body += message.get("body", b"")
            if not message["more_body"]:
                break
        names = [name.decode() for name, _ in scope["headers"]]
        said = json.dumps({"path": scope["path"], "body": len(body), "headers": names}).encode()
        headers = [(b"content-length", b"%d" % len(said))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})


def head(size, path="/", *lines):
    """A request's head of exactly *size* bytes."""
    start = "\r\n".join([f"GET {path} HTTP/1.1", "host: x", *lines, "x-filler: "]).encode()
    return start + b"f" * (size - len(start) - 4) + b"\r\n\r\n"


def small(path="/", method="GET", *lines):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "host: x", *lines, "", ""]).encode()


CHUNKED = small("/", "POST", "transfer-encoding: chunked")


@pytest.fixture
async def app():
    return Echo()


@pytest.fixture
def refused():
    return []


@pytest.fixture
async def there(app, refused):
    async with listening(app, max_head=LIMIT, refused=refused.append) as served:
        yield served


async def in_pieces(client, data, size):
    for start in range(0, len(data), size):
        client.send_raw(data[start : start + size])
        await client.writer.drain()
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("piece", [1, 100, 10_000])
async def test_head_of_just_the_limit_is_served(there, piece):
    async with there.client() as client:
        await in_pieces(client, head(LIMIT), max(piece, 8))

        assert (await client.answer()).status == 200


@pytest.mark.parametrize("piece", [100, 10_000])
@pytest.mark.parametrize("path", ["/", "/" + "p" * LIMIT], ids=["headers", "request line"])
async def test_head_over_the_limit_is_431_and_nobody_sees_it(there, app, refused, piece, path):
    async with there.client() as client:
        await in_pieces(client, head(LIMIT + 1 + len(path), path), piece)
        answer = await client.answer()

        assert (answer.status, answer.headers["content-type"]) == (431, "application/problem+json")
        assert answer.json["cause"] == "head_too_large"
        assert answer.headers["connection"] == "close"
        assert await client.ended()
    assert app.seen == []
    assert refused == [431]


async def test_client_that_goes_on_sending_can_read_why_it_was_refused(there):
    async with there.client() as client:
        client.send_raw(head(400_000))
        await client.writer.drain()

        assert (await client.answer()).status == 431


async def test_requests_that_are_small_each_are_served_however_many(there):
    async with there.client() as client:
        for _ in range(5):
            client.send_raw(head(LIMIT - 200))
            assert (await client.answer()).status == 200
        client.send_raw(small() * 100)
        answers = [(await client.answer()).status for _ in range(100)]

    assert answers == [200] * 100


@pytest.mark.parametrize("piece", [700, 5_000, 100_000])
async def test_bodies_are_not_heads(there, piece):
    body = b"b" * 100_000
    async with there.client() as client:
        for _ in range(2):
            await in_pieces(client, small("/", "POST", f"content-length: {len(body)}") + body, piece)
            assert (await client.answer()).json["body"] == len(body)


async def test_body_in_pieces_of_a_byte_is_a_body(there):
    async with there.client() as client:
        client.send_raw(CHUNKED + b"1\r\nb\r\n" * 20_000 + b"0\r\n\r\n")

        assert (await client.answer()).json["body"] == 20_000


async def test_trailers_are_no_headers(there, app):
    async with there.client() as client:
        client.send_raw(CHUNKED)
        await client.writer.drain()
        client.send_raw(b"1\r\nb\r\n0\r\nx-user: admin\r\n\r\n")
        answer = await client.answer()
        client.send_raw(small())
        again = await client.answer()

    assert answer.json == {"path": "/", "body": 1, "headers": ["host", "transfer-encoding"]}
    assert again.json["headers"] == ["host"]


@pytest.mark.parametrize(
    "endless", [b"0\r\nx-trailer: ", b"0\r\n", b"1;extension="], ids=["one trailer", "trailers", "extension"]
)
async def test_what_stands_around_a_body_is_bounded(there, app, endless):
    filler = b"a: b\r\n" if endless == b"0\r\n" else b"ffffff"
    async with there.client() as client:
        await in_pieces(client, CHUNKED + endless + filler * 1000, 1000)
        answer = await client.answer()

        assert (answer.status, answer.json["cause"]) == (400, "bad_request")
        assert await client.ended()
    assert app.gone == 1


async def test_head_that_is_too_large_behind_another_request_ends_the_connection_after_its_answer(there, app):
    async with there.client() as client:
        client.send_raw(small("/slow") + head(2 * LIMIT))
        await client.writer.drain()
        await asyncio.sleep(0.05)
        app.go_on.set()

        assert (await client.answer()).json["path"] == "/slow"
        assert await client.ended()
    assert app.seen == ["/slow"]


async def test_what_is_not_http_is_a_400(there):
    answer = await there.raw(b"nonsense\r\n\r\n")

    assert (answer.status, answer.json["cause"]) == (400, "bad_request")
    assert answer.headers["cache-control"] == "no-store"


async def test_body_that_is_framed_wrongly_is_a_400_and_no_body(there, app):
    async with there.client() as client:
        client.send_raw(CHUNKED + b"1\r\nb\r\nzz\r\n")
        answer = await client.answer()

        assert answer.status == 400
        assert await client.ended()
    assert app.gone == 1


@pytest.fixture
async def hasty(app, refused):
    head = Timers(asyncio.get_running_loop()).of(0.2)
    async with listening(app, head=head, refused=refused.append) as served:
        yield served


async def test_connection_that_asks_nothing_is_closed(hasty, refused):
    async with hasty.client() as client:
        async with asyncio.timeout(1.0):
            assert await client.ended()
    assert refused == []


async def test_first_head_and_later_ones_come_in_time_or_are_refused(hasty, refused):
    async with hasty.client() as client:
        await asyncio.sleep(0.1)
        client.send_raw(small())
        assert (await client.answer()).status == 200
        await asyncio.sleep(0.3)
        client.send_raw(small())
        assert (await client.answer()).status == 200
        client.send_raw(small()[:-2])

        assert (await client.answer()).json["cause"] == "head_too_slow"
        assert await client.ended()
    assert refused == [408]


async def test_route_is_not_asked_for_a_head_over_the_limit_of_its_gateway():
    site = Site({"/x": 1})
    async with serving(CONFIG, UP=site) as served:
        assert served.gateway.bounds.max_head == 2048
        assert (await served.get("/x", ("cookie", "c" * 1000))).status == 200
        refused = await served.get("/x", ("cookie", "c" * 2048))

    assert (refused.status, refused.json["cause"]) == (431, "head_too_large")
    assert site.paths == ["/x"]
