import asyncio
import ssl
import threading

import pytest
import trustme

from gateway.outcome import Cause
from gateway.transport.dial import Dialer
from gateway.transport.origin import Origin
from gateway.transport.resolve import Resolver
from tests.support.servers import Peer, refused_port, scripted


async def quiet(peer: Peer) -> None:
    await peer.eof()


class Open(asyncio.Protocol):
    """A connection that the test closes."""

    def connection_made(self, transport):
        self.transport = transport


def dialer(port, addresses=("127.0.0.1",), *, timeout=1.0, scheme="http", context=None) -> Dialer:
    origin = Origin(scheme, "up.example", port)
    return Dialer(origin, timeout, context, Resolver("up.example", port, lookup=lambda *_: list(addresses)))


async def test_connects_to_what_the_resolver_says():
    async with scripted(quiet) as server:
        protocol = await dialer(server.port).dial(Open)
        assert protocol.transport.get_extra_info("peername") == ("127.0.0.1", server.port)
        protocol.transport.abort()


async def test_refusal_is_unreachable_with_its_reason():
    failure = await dialer(refused_port()).dial(asyncio.Protocol)
    assert failure.cause is Cause.UNREACHABLE
    assert "up.example" in failure.detail


async def test_next_address_is_tried_and_then_preferred():
    async with scripted(quiet) as server:
        it = dialer(server.port, ["127.0.0.2", "127.0.0.1"])
        protocol = await it.dial(Open)
        protocol.transport.abort()
        assert (await it._resolver.addresses())[0] == "127.0.0.1"


async def test_look_up_that_hangs_ends_with_the_timeout():
    released = threading.Event()
    hung = Resolver("up.example", 80, lookup=lambda *_: [str(released.wait(5))])
    failure = await Dialer(Origin("http", "up.example", 80), 0.05, None, hung).dial(asyncio.Protocol)
    released.set()
    assert (failure.cause, "50 ms" in failure.detail) == (Cause.UNREACHABLE, True)


async def test_handshake_that_hangs_ends_with_the_timeout():
    async with scripted(quiet) as server:
        it = dialer(server.port, timeout=0.05, scheme="https", context=ssl.create_default_context())
        assert (await it.dial(asyncio.Protocol)).cause is Cause.UNREACHABLE


async def test_upstream_that_speaks_no_tls_is_unreachable():
    async def plain(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with scripted(plain) as server:
        it = dialer(server.port, scheme="https", context=ssl.create_default_context())
        failure = await it.dial(asyncio.Protocol)
        assert (failure.cause, "TLS" in failure.detail) == (Cause.UNREACHABLE, True)


@pytest.mark.parametrize(("name", "trusted", "reason"), [
    ("up.example", True, None),
    ("up.example", False, "unable to get local issuer certificate"),
    ("other.example", True, "up.example"),
])  # fmt: skip
async def test_certificate_and_name_are_checked(name, trusted, reason):
    authority, stranger = trustme.CA(), trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(theirs)
    ours = ssl.create_default_context()
    (authority if trusted else stranger).configure_trust(ours)
    async with scripted(quiet, ssl=theirs) as server:
        got = await dialer(server.port, scheme="https", context=ours).dial(Open)
        if reason is None:
            assert got.transport.get_extra_info("ssl_object").server_hostname == name
            got.transport.abort()
        else:
            assert (got.cause, reason in got.detail) == (Cause.UNREACHABLE, True), got
