"""Routes that pass answers on: what goes on, what comes back, and what happens when one side fails."""

import asyncio
import gzip
import json
import time
from random import Random

import pytest

from tests.support.gateways import eventually
from tests.support.passing import KINDS, passing, resident
from tests.support.servers import Peer, answer, answering

PIECE = b"x" * 65_536
MiB = 2**20

pytestmark = pytest.mark.parametrize("kind", KINDS)


async def chunked(peer, *pieces):
    await peer.send(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    for piece in pieces:
        await peer.send(b"%x\r\n%b\r\n" % (len(piece), piece))


def lines_of(request):
    return request.partition(b"\r\n\r\n")[0].decode().split("\r\n")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_method_path_and_body_go_on_and_the_answer_comes_back_as_it_is(kind, method):
    said = answer(b"\x00\xff", "299 Whatever", b"Content-Type: image/x", b'ETag: "1"')
    async with passing(answering(said), kind) as g:
        got = await g.ask("/f/a/b%20c", method, {"a": 1} if method != "GET" else None)

        assert (got.status, got.body) == (299, b"\x00\xff")
        assert got.headers["content-type"] == "image/x"
        assert got.headers["etag"] == '"1"'
        assert got.headers["content-length"] == "2"
        (request,) = g.up["FILES"].requests
        assert lines_of(request)[0] == f"{method} /a/b%20c HTTP/1.1"
        assert request.endswith(b"\r\n\r\n" if method == "GET" else b'\r\n\r\n{"a": 1}')


@pytest.mark.parametrize("status", ["404 Not Found", "503 Unavailable", "302 Found", "418 Teapot"])
async def test_status_is_passed_as_it_is_with_its_body(kind, status):
    async with passing(answering(answer(b"<why>", status, b"Location: /else")), kind) as g:
        got = await g.get("/f/x")

        assert (got.status, got.body) == (int(status[:3]), b"<why>")
        assert got.headers["location"] == "/else"


async def test_no_header_cookie_or_parameter_goes_on_unless_it_is_named(kind):
    async with passing(answering(answer()), kind) as g:
        headers = [("x-a", "1"), ("authorization", "Bearer s"), ("cookie", "sid=1"), ("user-agent", "me")]
        await g.ask("/f/x?secret=1", headers=headers)

        (request,) = g.up["FILES"].requests
        names = {line.partition(":")[0].lower() for line in lines_of(request)[1:]}
        assert lines_of(request)[0] == "GET /x HTTP/1.1"
        assert names - {"connection"} == {
            *("host", "accept-encoding", "traceparent", "x-request-id", "x-request-timeout-ms")
        }


async def test_what_is_named_goes_on_as_it_came(kind):
    forward = "forward: { headers: [authorization, X-A], cookies: [sid], query: [q, 'a b'] }"
    async with passing(answering(answer()), kind, forward) as g:
        headers = [("x-a", "1"), ("x-a", "2"), ("authorization", "Bearer s"), ("cookie", "a=1; sid=2; b=3")]
        await g.ask("/f/x?q=%C3%A9+1&p=2&a+b=3&q", headers=headers)

        (request,) = g.up["FILES"].requests
        lines = [line.lower() for line in lines_of(request)]
        assert lines[0] == "get /x?q=%c3%a9+1&a+b=3&q http/1.1"
        assert [line for line in lines if line.startswith("x-a")] == ["x-a: 1", "x-a: 2"]
        assert "authorization: bearer s" in lines
        assert "cookie: sid=2" in lines


async def test_whole_query_goes_on_behind_the_routes_own(kind):
    proxy = "query: { tenant: \"{query.t | 'none'}\" }, forward: { query: all }"
    async with passing(answering(answer()), kind, proxy) as g:
        await g.get("/f/x?t=7&q=%20")

        assert lines_of(g.up["FILES"].requests[0])[0] == "GET /x?tenant=7&t=7&q=%20 HTTP/1.1"


async def test_ranges_and_conditions_go_on_without_being_named(kind):
    said = answer(b"ell", "206 Partial Content", b"Content-Range: bytes 1-3/5", b"Accept-Ranges: bytes")
    async with passing(answering(said), kind) as g:
        got = await g.get("/f/x", ("Range", "bytes=1-3"), ("If-Range", '"e"'), ("Accept", "text/plain"))

        assert (got.status, got.body, got.headers["content-range"]) == (206, b"ell", "bytes 1-3/5")
        lines = [line.lower() for line in lines_of(g.up["FILES"].requests[0])]
        assert {"range: bytes=1-3", 'if-range: "e"', "accept: text/plain"} <= set(lines)


async def test_not_modified_has_no_body_and_keeps_the_connection(kind):
    said = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\ncontent-length: 9\r\n\r\n'
    async with passing(answering(said), kind) as g, g.client() as client:
        for _ in range(2):
            client.send("GET", "/f/x", headers=[("If-None-Match", '"1"')])
            status, headers = await client.head()
            assert (status, headers["etag"]) == (304, '"1"')
            assert not {"content-length", "transfer-encoding"} & headers.keys()


async def test_head_is_asked_as_head(kind):
    async with passing(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n"), kind) as g:
        async with g.client() as client:
            for _ in range(2):
                client.send("HEAD", "/f/x")
                status, headers = await client.head()
                assert (status, headers["content-length"]) == (200, "99")
        assert lines_of(g.up["FILES"].requests[0])[0] == "HEAD /x HTTP/1.1"


async def test_headers_of_one_connection_go_no_further(kind):
    said = answer(
        b"{}",
        "200 OK",
        b"Connection: keep-alive, X-Hop",
        b"X-Hop: 1",
        b"Keep-Alive: timeout=5",
        b"Server: secret",
        b"X-Powered-By: php",
        b"Set-Cookie: a=1",
        b"Set-Cookie: b=2",
    )
    async with passing(answering(said), kind, "withhold: [X-Powered-By], forward: { headers: [x-hop] }") as g:
        async with g.client() as client:
            client.send(
                "GET", "/f/x", headers=[("Connection", "x-hop"), ("X-Hop", "1"), ("X-Request-ID", "r1")]
            )
            await client.answer()
        names = [name for name, _ in client.lines]
        assert not {"x-hop", "keep-alive", "server", "x-powered-by"} & set(names)
        assert [value for name, value in client.lines if name == "set-cookie"] == ["a=1", "b=2"]
        assert [value for name, value in client.lines if name == "x-request-id"] == ["r1"]
        assert names.count("date") == 1
        assert b"x-hop" not in g.up["FILES"].requests[0].lower()


async def test_bytes_are_the_same_however_they_are_cut_and_trailers_are_dropped(kind):
    seed = 20261121
    print(f"seed {seed}")
    random = Random(seed)

    def cut(body):
        while body:
            size = random.choice((1, 7, 1000, 70_000))
            yield body[:size]
            body = body[size:]

    def in_chunks(body):
        return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in cut(body))

    async def script(peer: Peer):
        while True:
            await peer._reader.readuntil(b"\r\n\r\n")
            got = b""
            while size := int(await peer._reader.readline(), 16):
                got += await peer._reader.readexactly(size)
                await peer._reader.readline()
            await peer._reader.readline()
            assert got == there
            head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n"
            peer._writer.write(head + in_chunks(back) + b"0\r\nx-sum: 1\r\n\r\n")
            await peer._writer.drain()

    async with passing(script, kind) as g, g.client() as client:
        for _ in range(5):
            there, back = (random.randbytes(random.randrange(1, 500_000)) for _ in range(2))
            client.send_raw(b"POST /f/x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
            client.send_raw(in_chunks(there) + b"0\r\nx-mine: 1\r\n\r\n")
            got = await client.answer()
            assert got.body == back
            assert "trailer" not in got.headers


async def test_debug_header_tells_of_what_is_passed_on(kind):
    debug = {"server:": "telemetry: { debug: { loopback: on } }\nserver:"}
    async with passing(answering(answer()), kind, **debug) as g:
        got = await g.get("/f/x", ("Gateway-Debug", "1"))

        told = json.loads(got.headers["gateway-debug"])
        assert told["steps"][0]["attempts"][0]["upstream"] == "files"


async def test_codings_pass_as_they_are(kind):
    packed = gzip.compress(b"hello" * 100)
    async with passing(answering(answer(packed, "200 OK", b"Content-Encoding: gzip")), kind) as g:
        got = await g.get("/f/x", ("Accept-Encoding", "gzip"))

        assert (got.headers["content-encoding"], got.body) == ("gzip", packed)
        assert b"accept-encoding: gzip\r\n" in g.up["FILES"].requests[0].lower()


async def test_events_are_flushed_one_by_one(kind):
    async def script(peer: Peer):
        await peer.request()
        await chunked(peer, b"data: 1\n\n")
        await more.wait()
        await peer.send(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")

    more = asyncio.Event()
    async with passing(script, kind) as g, g.client() as client:
        client.send("GET", "/f/x")
        assert (await client.head())[1]["content-type"] == "text/event-stream"
        async with asyncio.timeout(0.5):
            assert await client.reader.readline() == b"9\r\n"
            assert await client.reader.readuntil(b"\n\n\r\n") == b"data: 1\n\n\r\n"
        more.set()
        assert await client.reader.readuntil(b"0\r\n\r\n") == b"9\r\ndata: 2\n\n\r\n0\r\n\r\n"


async def test_pieces_may_be_further_apart_than_an_attempt_may_take(kind):
    async def script(peer: Peer):
        await peer.request()
        await chunked(peer, b"a")
        await asyncio.sleep(0.3)
        await peer.send(b"1\r\nb\r\n0\r\n\r\n")

    async with passing(script, kind, **{"500ms": "100ms"}) as g:
        assert (await g.get("/f/x")).body == b"ab"


async def test_client_of_http_1_0_gets_no_chunks_but_the_end_of_the_connection(kind):
    async def script(peer: Peer):
        await peer.request()
        await chunked(peer, b"ab", b"cd")
        await peer.send(b"0\r\n\r\n")

    async with passing(script, kind) as g, g.client() as client:
        client.send_raw(b"GET /f/x HTTP/1.0\r\nhost: x\r\n\r\n")
        _, headers = await client.head()
        assert "transfer-encoding" not in headers
        assert await client.reader.read() == b"abcd"


async def test_upload_of_any_size_goes_on_piece_by_piece(kind):
    async def script(peer: Peer):
        head = await peer._reader.readuntil(b"\r\n\r\n")
        assert b"content-length: %d\r\n" % (4 * MiB) in head.lower()
        size = 0
        while size < 4 * MiB:
            size += len(await peer._reader.read(65_536))
        await peer.send(answer(b"%d" % size))

    async with passing(script, kind) as g, g.client() as client:
        client.send_raw(b"PUT /f/x HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (4 * MiB))
        for _ in range(64):
            client.send_raw(PIECE)
            await client.writer.drain()
        assert (await client.answer()).body == b"%d" % (4 * MiB)


async def test_upload_without_a_length_goes_on_in_chunks(kind):
    async def script(peer: Peer):
        head = await peer._reader.readuntil(b"\r\n\r\n")
        assert b"transfer-encoding: chunked\r\n" in head.lower()
        body = await peer._reader.readuntil(b"0\r\n\r\n")
        await peer.send(answer(body.replace(b"\r\n", b" ")))

    async with passing(script, kind) as g, g.client() as client:
        client.send_raw(b"POST /f/x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await asyncio.sleep(0.05)
        client.send_raw(b"2\r\nde\r\n0\r\n\r\n")
        got = await client.answer()
        assert b"abc" in got.body
        assert b"de" in got.body


async def test_client_that_waits_for_a_go_ahead_gets_it_when_the_upstream_is_there(kind):
    async def script(peer: Peer):
        await peer._reader.readuntil(b"\r\n\r\n")
        await peer._reader.readexactly(100_000)
        await peer.send(answer(b"done"))

    async with passing(script, kind) as g, g.client() as client:
        head = b"PUT /f/x HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 100000\r\n\r\n"
        client.send_raw(head)
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send_raw(b"x" * 100_000)
        assert (await client.answer()).body == b"done"
        assert b"expect" not in (g.up["FILES"].requests or [b""])[0]


async def test_client_that_waits_for_a_go_ahead_is_told_before_it_sends_that_nobody_is_there(kind):
    nobody = {"${FILES}": "http://127.0.0.1:1"}
    async with passing(answering(answer()), kind, **nobody) as g, g.client() as client:
        head = b"PUT /f/x HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 100000\r\n\r\n"
        client.send_raw(head)
        got = await client.answer()
        assert (got.status, got.json["cause"]) == (502, "unreachable")


async def test_body_over_the_limit_is_refused_before_or_while_it_comes(kind):
    async with passing(answering(answer()), kind, "max_body: 100KB") as g, g.client() as client:
        client.send_raw(b"PUT /f/x HTTP/1.1\r\nhost: x\r\ncontent-length: 100001\r\n\r\n")
        assert (await client.answer()).status == 413
        assert g.up["FILES"].requests == []

    async with passing(answering(answer()), kind, "max_body: 100KB") as g, g.client() as client:
        client.send_raw(b"PUT /f/x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        client.send_raw(b"186a1\r\n" + b"x" * 100_001 + b"\r\n")
        assert (await client.answer()).status == 413


async def test_client_that_stops_sending_is_told_so_and_the_upstream_is_not_blamed(kind):
    async def script(peer: Peer):
        await peer._reader.readuntil(b"\r\n\r\n")
        await peer.eof()

    async with passing(script, kind, "idle_timeout: 100ms") as g, g.client() as client:
        client.send_raw(b"PUT /f/x HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\nxx")
        assert (await client.answer()).status == 408
        snapshot = g.gateway.upstreams["files"].breaker.snapshot()
        assert (snapshot.total, snapshot.failed) == (0, 0)


async def test_slow_upload_is_no_timeout_of_the_upstream(kind):
    async def script(peer: Peer):
        await peer._reader.readuntil(b"\r\n\r\n")
        await peer._reader.readexactly(100_000)
        await peer.send(answer(b"done"))

    short = {"time_limit: 1s": "time_limit: 200ms", "500ms": "100ms"}
    async with passing(script, kind, **short) as g, g.client() as client:
        client.send_raw(b"PUT /f/x HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n")
        for _ in range(4):
            await asyncio.sleep(0.08)
            client.send_raw(b"x" * 25_000)
        assert (await client.answer()).body == b"done"


async def test_upstream_that_does_not_answer_in_time_is_a_problem(kind):
    async def script(peer: Peer):
        await peer.request()
        await peer.eof()

    async with passing(script, kind, **{"500ms": "100ms"}) as g:
        got = await g.get("/f/x")

        assert (got.status, got.json["cause"], got.json["step"]) == (504, "timeout", "proxy")


async def test_upstream_that_is_lost_within_the_answer_breaks_the_clients_connection(kind):
    async def sized(peer: Peer):
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc")

    async def in_chunks(peer: Peer):
        await peer.request()
        await chunked(peer, b"abc")

    for script in (sized, in_chunks):
        for version in ("1.1", "1.0"):
            async with passing(script, kind) as g, g.client() as client:
                client.send_raw(f"GET /f/x HTTP/{version}\r\nhost: x\r\n\r\n".encode())
                with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                    await client.head()
                    while await client.reader.read(100):
                        pass


async def test_upstream_that_falls_silent_within_the_answer_is_given_up(kind):
    async def script(peer: Peer):
        await peer.request()
        await chunked(peer, b"abc")
        await peer.eof()

    async with passing(script, kind, "idle_timeout: 100ms") as g, g.client() as client:
        client.send("GET", "/f/x")
        await client.head()
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            while True:
                await client.reader.readexactly(1)


@pytest.mark.parametrize("before", ["the head", "the end"])
async def test_client_that_leaves_closes_the_upstream_within_100_ms(kind, before):
    async def script(peer: Peer):
        await peer.request()
        if before == "the end":
            await chunked(peer, b"abc")
        began.set()
        await peer.eof()
        ended.append(time.monotonic())

    began, ended = asyncio.Event(), []
    async with passing(script, kind, **{"500ms": "900ms"}) as g:
        async with g.client() as client:
            client.send("POST", "/f/x", {"a": 1})
            await began.wait()
            if before == "the end":
                await client.head()
            await asyncio.sleep(0.1)  # the watch is armed by then
        left = time.monotonic()
        await eventually(lambda: ended, 1.0)
        assert ended[0] - left < 0.1


async def test_client_that_reads_slowly_slows_the_upstream_down(kind):
    async def script(peer: Peer):
        await peer.request()
        peer._writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (64 * MiB))
        for _ in range(1024):
            peer._writer.write(PIECE)
            await peer._writer.drain()
            sent[0] += len(PIECE)

    sent = [0]
    async with passing(script, kind, "idle_timeout: 5s") as g:
        async with g.client() as client:
            client.send("GET", "/f/x")
            await client.head()
            before = -1
            while sent[0] != before:
                before = sent[0]
                await asyncio.sleep(0.1)
            assert sent[0] < 32 * MiB
            assert g.gateway._buffered.used < MiB
            size = 0
            while size < 64 * MiB:
                size += len(await client.reader.read(MiB))
        assert sent[0] == 64 * MiB


async def test_client_that_reads_nothing_is_given_up(kind):
    async def script(peer: Peer):
        await peer.request()
        peer._writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (64 * MiB))
        for _ in range(1024):
            peer._writer.write(PIECE)
            await peer._writer.drain()

    async with passing(script, kind, "idle_timeout: 200ms") as g, g.client() as client:
        client.send("GET", "/f/x")
        await client.head()
        await eventually(lambda: not g.up["FILES"].open, 3.0)
        await g.idle()


@pytest.mark.slow
async def test_200_mb_pass_in_constant_memory_both_ways(kind):
    async def script(peer: Peer):
        await peer._reader.readuntil(b"\r\n\r\n")
        for _ in range(200 * 16):
            await peer._reader.readexactly(len(PIECE))
        peer._writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (200 * MiB))
        for _ in range(200 * 16):
            peer._writer.write(PIECE)
            await peer._writer.drain()

    async with passing(script, kind, "idle_timeout: 5s") as g, g.client() as client:
        before = resident()
        client.send_raw(b"POST /f/x HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (200 * MiB))
        for _ in range(200 * 16):
            client.send_raw(PIECE)
            await client.writer.drain()
        await client.head()
        size = 0
        while size < 200 * MiB:
            size += len(await client.reader.read(MiB))
        assert resident() - before < 40 * MiB


async def test_circuit_opens_by_answers_that_are_passed_on(kind):
    async with passing(answering(answer(b"down", "503 Down")), kind) as g:
        for _ in range(3):
            assert (await g.get("/f/x")).body == b"down"
        got = await g.get("/f/x")

        assert (got.status, got.json["cause"]) == (503, "circuit_open")
        assert len(g.up["FILES"].requests) == 3


async def test_refusals_of_a_client_do_not_open_the_circuit(kind):
    async with passing(answering(answer(b"no", "403 No")), kind) as g:
        for _ in range(5):
            assert (await g.get("/f/x")).status == 403


async def test_slot_is_held_until_the_answer_is_over(kind):
    async def script(peer: Peer):
        await peer.request()
        await chunked(peer, b"abc")
        await more.wait()
        await peer.send(b"0\r\n\r\n")

    more = asyncio.Event()
    slots = {"retry: off": "retry: off, bulkhead: { slots: 1, max_wait: 50ms }"}
    async with passing(script, kind, **slots) as g, g.client() as client:
        client.send("GET", "/f/x")
        await client.head()
        got = await g.get("/f/x")
        assert (got.status, got.json["cause"]) == (503, "bulkhead_full")
        more.set()
        await client._chunks()
        await g.idle()
        assert (await g.get("/f/x")).status == 200


async def test_failed_attempt_is_made_again_if_nothing_of_its_answer_went_out(kind):
    async def script(peer: Peer):
        while True:
            await peer.request()
            await peer.send(answer(b"down", "503 Down") if len(peer.server.requests) == 1 else answer(b"up"))

    async with passing(script, kind, **{"retry: off": "retry: { attempts: 2, backoff: 10ms }"}) as g:
        assert (await g.get("/f/x")).body == b"up"
        assert len(g.up["FILES"].requests) == 2


async def test_last_failed_answer_is_passed_on(kind):
    retry = {"retry: off": "retry: { attempts: 2, backoff: 10ms }"}
    async with passing(answering(answer(b"down", "503 Down")), kind, **retry) as g:
        got = await g.get("/f/x")

        assert (got.status, got.body) == (503, b"down")
        assert len(g.up["FILES"].requests) == 2


async def test_request_with_a_long_body_is_sent_once(kind):
    async def script(peer: Peer):
        await peer.request()
        await peer.send(answer(b"down", "503 Down"))

    retry = {"retry: off": "retry: { attempts: 2, backoff: 10ms }"}
    async with passing(script, kind, **retry) as g, g.client() as client:
        client.send_raw(b"PUT /f/x HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n" + b"x" * 100_000)
        assert (await client.answer()).status == 503
        assert len(g.up["FILES"].requests) == 1


async def test_what_a_client_may_not_say_is_refused(kind):
    async with passing(answering(answer()), kind, "forward: { query: all }") as g:
        assert (await g.get("/f/x/..%2fy")).status == 400
        assert (await g.get("/f/./../x")).status in {400, 404}
        assert (await g.ask("/f/x?a=\x7f")).status == 400
        assert g.up["FILES"].requests == []


async def test_metrics_tell_of_streams(kind):
    async with passing(answering(answer(b"x" * 1000)), kind) as g:
        await g.ask("/f/x", "POST", {"a": 1})
        text = g.gateway.metrics.exposition()[0].decode()

    assert 'gateway_streams_total{route="ANY /f/{rest:path}",ending="whole"} 1' in text
    assert 'gateway_stream_bytes_total{route="ANY /f/{rest:path}",way="in"} 8' in text
    assert 'gateway_stream_bytes_total{route="ANY /f/{rest:path}",way="out"} 1000' in text
    assert 'gateway_streams_open{route="ANY /f/{rest:path}"} 0' in text


async def test_answer_that_comes_before_the_whole_body_ends_the_upload_and_the_next_request_is_answered(kind):
    if kind == "httpx":
        pytest.skip("httpx reads an answer only after the whole request went out")

    async def script(peer: Peer):
        await peer._reader.readuntil(b"\r\n\r\n")
        await peer.send(answer(b"too much", "413 Too Much"))
        if peer.number > 1:
            return
        await peer.eof()

    async with passing(script, kind) as g, g.client() as client:
        client.send_raw(b"PUT /f/x HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n" + b"x" * 100_000)
        got = await client.answer()
        assert (got.status, got.body) == (413, b"too much")
        await eventually(lambda: not g.up["FILES"].open)
        client.send_raw(b"x" * 100_000)
        client.send("GET", "/f/y")
        assert (await client.answer()).status == 413


async def test_upload_waits_for_an_upstream_that_reads_slowly(kind):
    async def script(peer: Peer):
        await peer._reader.readuntil(b"\r\n\r\n")
        await go.wait()
        for _ in range(512):
            await peer._reader.readexactly(len(PIECE))
        await peer.send(answer(b"done"))

    go, sent = asyncio.Event(), [0]
    async with passing(script, kind, **{"500ms": "900ms"}) as g, g.client() as client:

        async def sending():
            client.send_raw(b"PUT /f/x HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (32 * MiB))
            for _ in range(512):
                client.send_raw(PIECE)
                await client.writer.drain()
                sent[0] += len(PIECE)

        upload = asyncio.ensure_future(sending())
        before = -1
        while sent[0] != before:
            before = sent[0]
            await asyncio.sleep(0.1)
        assert sent[0] < 24 * MiB
        go.set()
        await upload
        assert (await client.answer()).body == b"done"
