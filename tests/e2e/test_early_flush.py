"""Answers in other forms, and part by part: over real sockets, as clients see them."""

import asyncio
import json
import time
import xml.etree.ElementTree as ET

import msgspec
import pytest

from tests.support.gateways import eventually, replying, serving
from tests.support.servers import Peer

NDJSON = ("Accept", "application/x-ndjson")
EVENTS = ("Accept", "text/event-stream")

CONFIG = """
upstreams: { a: { url: "${URL}", retry: off, timeout: 500ms } }
defaults: { route: { produces: [json, msgpack, xml, ndjson, events], time_limit: 1s } }
routes:
  GET /all:
    headers: { X-Mine: "1", Cache-Control: max-age=5 }
    steps: { fast: { get: a/fast }, slow: { get: a/slow }, fails: { get: a/fails } }
  GET /named/{id:int}:
    steps: { fast: { get: a/fast }, slow: { get: a/slow } }
    respond: { id: "{id}", first: "{fast.n}", both: ["{fast.n}", "{slow.n}"], inner: "{steps}", one: 1 }
  GET /required:
    steps: { fast: { get: a/fast }, fails: { get: a/fails, required: true } }
  GET /late:
    steps: { fast: { get: a/fast }, slow_fails: { get: a/slow_fails, required: true } }
  GET /merged:
    steps: { fast: { get: a/fast }, slow: { get: a/slow } }
    merge: { steps: [fast, slow] }
  GET /stream:
    mode: stream
    steps: { fast: { get: a/fast }, slow: { get: a/slow } }
"""

BODIES = {"/fast": '{"n":\r\n 1}', "/slow": '{"n":2.50}'}


class Upstream:
    """Answers at once what is not called slow; the slow ones when ``go`` says so."""

    def __init__(self):
        self.go = asyncio.Event()
        self.cut = 0

    async def __call__(self, peer: Peer):
        while True:
            request = await peer.request()
            path = request.split()[1].decode()
            if "slow" in path:
                gone = asyncio.ensure_future(peer._reader.read(1))
                goes = asyncio.ensure_future(self.go.wait())
                await asyncio.wait([gone, goes], return_when="FIRST_COMPLETED")
                goes.cancel()
                if gone.done():
                    self.cut += 1
                    return
                gone.cancel()
                await asyncio.sleep(0)
            status = 404 if "fails" in path else 200
            await peer.send(replying(BODIES.get(path, "{}"), status))


class Reading:
    """A client that reads lines of a chunked answer as they come."""

    def __init__(self, client):
        self.client = client
        self.rest = b""

    async def line(self):
        while b"\n" not in self.rest:
            size = int(await self.client.reader.readline(), 16)
            if not size:
                await self.client.reader.readline()
                return None
            self.rest += await self.client.reader.readexactly(size)
            await self.client.reader.readline()
        line, _, self.rest = self.rest.partition(b"\n")
        return line

    async def part(self):
        line = await self.line()
        return None if line is None else json.loads(line)

    async def rest_of_it(self):
        return [part async for part in self]

    async def __aiter__(self):
        while (part := await self.part()) is not None:
            yield part


async def test_every_part_comes_as_a_line_when_it_is_ready_and_then_how_it_ended():
    upstream = Upstream()
    async with serving(CONFIG, URL=upstream) as g, g.client() as client:
        client.send("GET", "/all", headers=[NDJSON, ("X-Request-ID", "r1")])
        status, headers = await client.head()
        assert (status, headers["content-type"], headers["vary"]) == (200, "application/x-ndjson", "accept")
        assert (headers["cache-control"], headers["x-mine"]) == ("no-store", "1")
        assert "gateway-degraded" not in headers
        reading = Reading(client)
        first = [await reading.part(), await reading.part()]
        assert sorted(first, key=lambda part: part["part"]) == [
            {"part": "fails", "served": "nothing", "cause": "rejected", "data": None},
            {"part": "fast", "served": "live", "data": {"n": 1}},
        ]
        upstream.go.set()
        assert await reading.rest_of_it() == [
            {"part": "slow", "served": "live", "data": {"n": 2.5}},
            {
                "end": "degraded",
                "degraded": {"fails": {"cause": "rejected", "served": "nothing"}},
                "request_id": "r1",
            },
        ]
        client.send("GET", "/all", headers=[NDJSON])  # the connection can be used again
        assert (await client.answer()).status == 200


async def test_events_have_names():
    upstream = Upstream()
    upstream.go.set()
    async with serving(CONFIG, URL=upstream) as g:
        got = await g.get("/stream", EVENTS, ("X-Request-ID", "r1"))

        assert got.headers["content-type"] == "text/event-stream"
        *parts, end, nothing = got.body.decode().split("\n\n")
        assert sorted(parts) == [
            'event: part\ndata: {"part":"fast","served":"live","data":{"n":   1}}',
            'event: part\ndata: {"part":"slow","served":"live","data":{"n":2.50}}',
        ]
        assert end == 'event: end\ndata: {"end":"complete","request_id":"r1"}'
        assert nothing == ""


async def test_parts_are_the_members_of_the_answer_and_nothing_besides():
    upstream = Upstream()
    async with serving(CONFIG, URL=upstream) as g, g.client() as client:
        client.send("GET", "/named/7", headers=[NDJSON])
        await client.head()
        reading = Reading(client)
        early = [(await reading.part())["part"] for _ in range(4)]
        assert early == ["id", "one", "first", "inner.fast"]
        upstream.go.set()
        late = {part.get("part"): part.get("data") for part in await reading.rest_of_it()}
        assert late == {"both": [1, 2.5], "inner.slow": {"n": 2.5}, None: None}


async def test_required_part_that_fails_before_anything_was_sent_is_an_answer_of_its_own():
    async def script(peer: Peer):
        request = await peer.request()
        if b"/fast" in request:
            await peer.eof()
        await peer.send(replying("{}", 404))

    async with serving(CONFIG, URL=script) as g:
        got = await g.get("/required", NDJSON)

        assert (got.status, got.json["step"]) == (404, "fails")
        assert got.headers["content-type"] == "application/problem+json"
        assert got.headers["vary"] == "accept"


async def test_required_part_that_fails_later_is_told_in_the_closing_part():
    upstream = Upstream()
    async with serving(CONFIG, URL=upstream) as g, g.client() as client:
        client.send("GET", "/late", headers=[NDJSON])
        assert (await client.head())[0] == 200
        reading = Reading(client)
        assert (await reading.part())["part"] == "fast"
        upstream.go.set()
        *_, end = await reading.rest_of_it()
        assert end["end"] == "failed"
        assert (end["problem"]["status"], end["problem"]["step"]) == (404, "slow_fails")


async def test_time_limit_ends_the_stream():
    async with serving(CONFIG, URL=Upstream()) as g, g.client() as client:
        began = time.monotonic()
        client.send("GET", "/late", headers=[NDJSON])
        await client.head()
        *_, end = await Reading(client).rest_of_it()
        assert end["problem"]["cause"] == "timeout"
        assert time.monotonic() - began < 1.3


async def test_objects_that_contradict_each_other_are_told_at_the_end():
    upstream = Upstream()
    upstream.go.set()
    async with serving(CONFIG, URL=upstream) as g, g.client() as client:
        client.send("GET", "/merged", headers=[NDJSON])
        await client.head()
        *parts, end = await Reading(client).rest_of_it()
        assert len(parts) == 2
        assert end["problem"]["cause"] == "unreadable"


async def test_stream_is_the_default_where_the_route_says_so():
    upstream = Upstream()
    upstream.go.set()
    async with serving(CONFIG, URL=upstream) as g:
        assert (await g.get("/stream")).headers["content-type"] == "application/x-ndjson"
        assert (await g.get("/stream", ("Accept", "*/*"))).headers["content-type"] == "application/x-ndjson"
        got = await g.get("/stream", ("Accept", "application/json"))
        assert got.json == {"fast": {"n": 1}, "slow": {"n": 2.5}}


async def test_head_has_the_stream_s_headers_and_no_body():
    upstream = Upstream()
    upstream.go.set()
    async with serving(CONFIG, URL=upstream) as g, g.client() as client:
        for path, status in (("/stream", 200), ("/required", 404)):
            client.send("HEAD", path, headers=[NDJSON])
            got, headers = await client.head()
            assert got == status
            if status == 200:
                assert headers["content-type"] == "application/x-ndjson"


async def test_client_that_leaves_ends_the_calls():
    upstream = Upstream()
    async with serving(CONFIG, URL=upstream) as g:
        async with g.client() as client:
            client.send("GET", "/stream", headers=[NDJSON])
            await client.head()
            await asyncio.sleep(0.1)
        left = time.monotonic()
        await eventually(lambda: upstream.cut, 1.0)
        assert time.monotonic() - left < 0.1
        text = g.gateway.metrics.exposition()[0].decode()
        assert 'gateway_streams_total{route="GET /stream",ending="client_gone"} 1' in text


async def test_first_part_is_out_within_5_ms_of_its_arrival():
    came = []

    async def script(peer: Peer):
        request = await peer.request()
        if b"/slow" in request:
            await peer.eof()
        await asyncio.sleep(0.02)
        came.append(time.monotonic())
        await peer.send(replying(BODIES["/fast"]))

    took = []
    async with serving(CONFIG, URL=script) as g:
        for _ in range(5):
            async with g.client() as client:
                client.send("GET", "/stream")
                await client.head()
                assert (await Reading(client).part())["part"] == "fast"
                took.append(time.monotonic() - came.pop())
    assert min(took) < 0.005


async def test_whole_answer_in_other_encodings():
    upstream = Upstream()
    upstream.go.set()
    async with serving(CONFIG, URL=upstream) as g:
        got = await g.get("/named/7", ("Accept", "application/msgpack"))
        assert got.headers["content-type"] == "application/msgpack"
        assert msgspec.msgpack.decode(got.body)["both"] == [1, 2.5]

        got = await g.get("/all", ("Accept", "text/xml, application/json;q=0.5"))
        assert (got.headers["content-type"], got.headers["vary"]) == ("application/xml", "accept")
        root = ET.fromstring(got.body)
        assert (root.tag, root.find("slow/n").text) == ("answer", "2.50")
        assert root.find("degraded/fails/cause").text == "rejected"
        assert got.headers["gateway-degraded"] == "fails;cause=rejected;served=nothing"


async def test_client_that_takes_nothing_of_it_is_told_so_before_anything_is_called():
    async with serving(CONFIG, URL=Upstream()) as g:
        got = await g.get("/all", ("Accept", "text/html, application/json;q=0"))

        assert (got.status, got.json["cause"]) == (406, "not_acceptable")
        assert got.json["available"][:2] == ["application/json", "application/msgpack"]
        assert g.up["URL"].requests == []


@pytest.mark.parametrize("accept", ["text/html", "application/msgpack", "text/event-stream"])
async def test_route_that_produces_json_alone_does_not_look_at_accept(accept):
    forms = "produces: [json, msgpack, xml, ndjson, events], "
    upstream = Upstream()
    upstream.go.set()
    async with serving(CONFIG.replace(forms, ""), URL=upstream) as g:
        got = await g.get("/named/7", ("Accept", accept))

        assert got.headers["content-type"] == "application/json"
        assert "vary" not in got.headers
