"""Both transports against servers of other people's making, with and without TLS."""

import asyncio
import ssl

import pytest
import trustme

from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Request
from tests.support.real_servers import BODY, UNAVAILABLE, running, trusting
from tests.support.servers import answer, answering, scripted
from tests.support.transports import KINDS, MiB, client

both = pytest.mark.parametrize("kind", KINDS)
NGINX = pytest.mark.skipif(UNAVAILABLE["nginx"] is not None, reason=UNAVAILABLE["nginx"] or "")
SERVERS = [
    pytest.param(name, marks=pytest.mark.skipif(reason is not None, reason=reason or ""))
    for name, reason in UNAVAILABLE.items()
]


@both
@pytest.mark.parametrize("name", SERVERS)
async def test_every_server_is_understood_and_its_connections_are_kept(kind, name):
    async with running(name) as url, client(kind, url) as it:
        for target, status, body in [
            (b"/sized", 200, BODY),
            (b"/chunked", 200, BODY),
            (b"/large", 200, b"x" * 500_000),
            (b"/empty", 204, b""),
            (b"/sized?x=%20", 200, BODY),
        ]:
            got = await it.get(target)
            assert (got.status, got.body) == (status, body)
        got = await it.exchange(Request("HEAD", b"/sized"))
        assert (got.status, got.body) == (200, b"")
        if name != "nginx":  # which answers 405 to a POST to a file
            got = await it.exchange(Request("POST", b"/sized", body=b"y" * MiB))
            assert (got.status, got.body) == (200, BODY)
        assert it.state.created == 1


@both
@pytest.mark.parametrize("name", SERVERS)
async def test_many_calls_at_once_share_few_connections(kind, name):
    async with running(name) as url, client(kind, url, limit=8, max_wait=10) as it:
        got = await asyncio.gather(*(it.get(b"/sized") for _ in range(200)))
        assert {response.body for response in got} == {BODY}
        assert it.state.created <= 8


def secure(server) -> str:
    return server.url.replace("http:", "https:")


@both
@NGINX
async def test_tls_of_nginx_is_verified(kind):
    authority = trustme.CA()
    context = trusting(authority)
    async with running("nginx", authority) as url, client(kind, url, ssl_context=context) as it:
        for _ in range(3):
            assert (await it.get()).body == BODY
        assert it.state.created == 1


@both
@pytest.mark.parametrize(
    ("issued", "trusted", "fine"),
    [("127.0.0.1", True, True), ("127.0.0.1", False, False), ("other.example", True, False)],
)
async def test_certificate_must_be_trusted_and_name_the_host(kind, issued, trusted, fine):
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(issued).configure_cert(theirs)
    ours = trusting(authority if trusted else trustme.CA())
    async with (
        scripted(answering(answer()), ssl=theirs) as server,
        client(kind, secure(server), ssl_context=ours) as it,
    ):
        got = await it.get()
    if fine:
        assert got.status == 200
    else:
        assert isinstance(got, Failure)
        assert got.cause is Cause.UNREACHABLE
        assert "certificate" in got.detail
        assert not server.requests


@both
async def test_unknown_authority_is_refused_without_any_setting(kind):
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(theirs)
    async with scripted(answering(answer()), ssl=theirs) as server, client(kind, secure(server)) as it:
        assert (await it.get()).cause is Cause.UNREACHABLE


@pytest.fixture
async def http2():
    authority = trustme.CA()
    async with (
        running("nginx", authority) as url,
        client("httpx", url, ssl_context=trusting(authority), http2=True) as it,
    ):
        yield it


@NGINX
async def test_http2_carries_many_calls_over_one_connection(http2):
    assert (await http2.get()).body == BODY
    got = await asyncio.gather(*(http2.get(b"/large") for _ in range(8)))
    assert {len(response.body) for response in got} == {500_000}
    assert (await http2.exchange(Request("HEAD", b"/x"))).status == 200
    assert http2.state.created == 1


@NGINX
async def test_ended_http2_calls_leave_every_slot_free_and_no_stream_behind(http2, seeded):
    """Some 60 MB of data that nobody reads: with one client for all, the sixth round stalls."""

    async def one():
        task = asyncio.create_task(http2.get(b"/large"))
        await asyncio.sleep(seeded.uniform(0, 0.05))
        task.cancel()
        await asyncio.wait([task])

    for _ in range(15):
        await asyncio.gather(*(one() for _ in range(8)))
        await http2.at_rest()
        assert (await http2.get()).body == BODY
    assert len(http2.transport._clients) == 1
