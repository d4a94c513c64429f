"""What every transport sends and reads, over real sockets against a server that follows a script."""

import pytest

from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Request
from tests.support.servers import Peer, answer, answering, scripted
from tests.support.transports import KINDS, MiB, client

pytestmark = pytest.mark.parametrize("kind", KINDS)


async def ask(kind, *pieces, method="GET", **options):
    """One exchange with a server that answers with *pieces*, then closes."""

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(*pieces)

    async with scripted(script) as server, client(kind, server.url, **options) as it:
        return await it.exchange(Request(method, b"/"))


# requests


async def test_request_carries_target_headers_and_body_as_given(kind):
    async with scripted(answering(answer())) as server, client(kind, server.url) as it:
        request = Request("POST", b"/base/a%2Fb?x=%20&y=a%2Bb", b"x-a: 1\r\nx-b: two\r\n", b'{"a":1}')
        await it.exchange(request, b"x-request-id: r1\r\n")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert first == b"POST /base/a%2Fb?x=%20&y=a%2Bb HTTP/1.1"
    headers = dict(line.lower().split(b": ", 1) for line in lines)
    assert headers == {
        b"host": b"127.0.0.1:%d" % server.port,
        b"accept-encoding": b"identity",
        b"x-a": b"1",
        b"x-b": b"two",
        b"x-request-id": b"r1",
        b"content-length": b"7",
    }
    assert body == b'{"a":1}'


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_method_with_a_body_says_so_when_it_has_none(kind, method):
    async with scripted(answering(answer())) as server, client(kind, server.url) as it:
        await it.exchange(Request(method, b"/"))
    assert b"content-length: 0\r\n" in server.requests[0].lower()


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
async def test_method_without_a_body_has_no_content_length(kind, method):
    async with scripted(answering(answer())) as server, client(kind, server.url) as it:
        await it.exchange(Request(method, b"/"))
    assert b"content-length" not in server.requests[0].lower()


@pytest.mark.parametrize("size", [1, 60_000, 3 * MiB])
async def test_body_of_any_size_arrives_whole(kind, size):
    async with scripted(answering(answer())) as server, client(kind, server.url) as it:
        body = bytes(range(256)) * (size // 256 + 1)
        result = await it.exchange(Request("POST", b"/", body=body))
    assert result.status == 200
    assert server.requests[0].endswith(b"\r\n\r\n" + body)


# answers


async def test_answer_is_returned_whole(kind):
    got = await ask(kind, answer(b'{"a":1}', "201 Created", b"ETag: x", b"x-b: 2", b"x-b: 3"))
    assert (got.status, got.body) == (201, b'{"a":1}')
    assert got.header(b"etag") == b"x"
    assert [value for name, value in got.headers if name.lower() == b"x-b"] == [b"2", b"3"]


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

WHOLE = {
    "chunked": CHUNKED + b"2\r\n{}\r\n0\r\n\r\n",
    "chunked in many": CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
    "chunked with trailers": CHUNKED + b"2\r\n{}\r\n0\r\nx-sum: 1\r\n\r\n",
    "chunked with extensions": CHUNKED + b"2;a=b\r\n{}\r\n0\r\n\r\n",
    "until close": b"HTTP/1.1 200 OK\r\n\r\n{}",
    "until close, HTTP/1.0": b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{}",
    "after 100": b"HTTP/1.1 100 Continue\r\n\r\n" + answer(),
    "after 103": b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + answer(),
    "after several": b"HTTP/1.1 102 Wait\r\n\r\n" * 3 + answer(),
    "no reason": b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("name", WHOLE)
async def test_body_is_read_however_its_end_is_told(kind, name):
    assert (await ask(kind, WHOLE[name])).body == b"{}"


@pytest.mark.parametrize("name", WHOLE)
async def test_answer_may_arrive_byte_by_byte(kind, name):
    data = WHOLE[name]
    assert (await ask(kind, *(data[i : i + 1] for i in range(len(data))))).body == b"{}"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
async def test_status_without_body_ends_at_its_head(kind, status):
    head = f"HTTP/1.1 {status}\r\n\r\n".encode()
    async with scripted(answering(head)) as server, client(kind, server.url) as it:
        for _ in range(3):
            got = await it.get()
            assert (got.status, got.body) == (int(status[:3]), b"")
    assert server.connections == 1


async def test_answer_to_head_ends_at_its_head(kind):
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\nx-a: 1\r\n\r\n"
    async with scripted(answering(head)) as server, client(kind, server.url) as it:
        for _ in range(3):
            got = await it.exchange(Request("HEAD", b"/"))
            assert (got.status, got.body, got.header(b"x-a")) == (200, b"", b"1")
    assert server.connections == 1


# answers that are none

TWO = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n"

UNREADABLE = {
    "garbage": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "status line only of digits": b"200\r\n\r\n",
    "two lengths": TWO + b"content-length: 3\r\n\r\n{} ",
    "length and chunked": TWO + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunked and length": CHUNKED[:-2] + b"content-length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "length not a number": b"HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\n{}",
    "length negative": b"HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}",
    "length signed": b"HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\n{}",
    "other coding": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n{}",
    "coding after chunked": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\n\r\n{}",
    "chunk size not a number": CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
    "NUL in a header": b"HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 2\r\n\r\n{}",
    "switch of protocols": b"HTTP/1.1 101 Up\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    "many headers": TWO + b"".join(b"x-%d: y\r\n" % i for i in range(101)) + b"\r\n{}",
    "long header": TWO + b"x: " + b"y" * 66_000 + b"\r\n\r\n{}",
    "endless header": TWO + b"x: " + b"y" * 400_000,
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_ambiguous_or_malformed_answer_is_unreadable(kind, name):
    got = await ask(kind, UNREADABLE[name])
    assert isinstance(got, Failure), got
    assert got.cause is Cause.UNREADABLE, got


async def test_hundred_headers_of_64_kib_are_read(kind):
    lines = b"".join(b"x-%02d: %s\r\n" % (i, b"y" * 600) for i in range(99))
    assert (await ask(kind, TWO + lines + b"\r\n{}")).status == 200


CUT = {
    "within the head": b"HTTP/1.1 200 OK\r\nconte",
    "within the body": b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{",
    "within a chunk": CHUNKED + b"9\r\n{",
    "before the last chunk": CHUNKED + b"2\r\n{}\r\n",
    "before the first byte": b"",
}


@pytest.mark.parametrize("name", CUT)
async def test_connection_lost_after_sending_is_incomplete(kind, name):
    got = await ask(kind, CUT[name])
    assert got.cause is Cause.INCOMPLETE, got


async def test_reset_is_incomplete(kind):
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.reset()

    async with scripted(script) as server, client(kind, server.url) as it:
        assert (await it.get()).cause is Cause.INCOMPLETE


# limits


async def test_body_of_exactly_the_limit_is_read(kind):
    got = await ask(kind, answer(b"x" * 1000), max_response=1000)
    assert len(got.body) == 1000


LARGE = {
    "announced": answer(b"x" * 1001),
    "announced only": b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
    "chunked": CHUNKED + b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n",
    "until close": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001,
}


@pytest.mark.parametrize("name", LARGE)
async def test_t6_body_over_the_limit_is_too_large(kind, name):
    assert (await ask(kind, LARGE[name], max_response=1000)).cause is Cause.TOO_LARGE


async def test_endless_body_is_cut_at_the_limit(kind):
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await peer.send(b"x" * 65_536)

    async with scripted(script) as server, client(kind, server.url) as it:
        assert (await it.get()).cause is Cause.TOO_LARGE
