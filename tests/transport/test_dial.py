import asyncio
import ssl
import sys
import threading
import time

import pytest
import trustme
import uvloop

from gateway.outcome import Cause
from gateway.transport.dial import Dialer
from gateway.transport.origin import Origin
from gateway.transport.resolve import Resolver
from tests.support.servers import Peer, open_files, open_files_become, refused_port, scripted, silent_address


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


async def test_refusal_is_unreachable_with_its_reason_and_without_the_address():
    port = refused_port()
    failure = await dialer(port).dial(asyncio.Protocol)
    assert failure.cause is Cause.UNREACHABLE
    assert failure.detail == "connection refused"


async def test_next_address_is_tried_and_then_preferred():
    async with scripted(quiet) as server:
        it = dialer(server.port, ["127.0.0.2", "127.0.0.1"])
        protocol = await it.dial(Open)
        protocol.transport.abort()
        assert (await it._resolver.addresses())[0] == "127.0.0.1"


linux = pytest.mark.skipif(sys.platform != "linux", reason="needs 127.0.0.2 and /proc")
on_both_loops = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


@linux
@on_both_loops
def test_silent_address_costs_a_quarter_of_a_second_and_leaves_nothing_open(run):
    async def main():
        async with scripted(quiet) as server:
            with silent_address(server.port) as silent:
                before, start = open_files(), time.monotonic()
                protocol = await dialer(server.port, [silent, "127.0.0.1"]).dial(Open)
                assert 0.2 < time.monotonic() - start < 0.7
                assert protocol.transport.get_extra_info("peername")[0] == "127.0.0.1"
                assert await open_files_become(before + 2)  # both ends of the one connection
                protocol.transport.abort()

    run(main())


@linux
@on_both_loops
def test_address_that_hangs_in_the_handshake_loses_too(run):
    async def main():
        authority = trustme.CA()
        theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("up.example").configure_cert(theirs)
        ours = ssl.create_default_context()
        authority.configure_trust(ours)
        async with (
            scripted(quiet, ssl=theirs) as server,
            scripted(quiet, host="127.0.0.2", port=server.port) as hung,
        ):
            it = dialer(server.port, ["127.0.0.2", "127.0.0.1"], scheme="https", context=ours)
            protocol = await it.dial(Open)
            assert protocol.transport.get_extra_info("peername")[0] == "127.0.0.1"
            async with asyncio.timeout(1):
                while hung.open:
                    await asyncio.sleep(0.005)
            assert (hung.connections, server.connections) == (1, 1)
            protocol.transport.abort()

    run(main())


@linux
@on_both_loops
@pytest.mark.parametrize("after", [0.05, 0.3])
def test_cancelled_race_leaves_nothing_open(run, after):
    async def main():
        async with scripted(quiet) as server:
            with silent_address(server.port) as silent:
                before = open_files()
                dialing = asyncio.create_task(dialer(server.port, [silent] * 3, timeout=5).dial(Open))
                await asyncio.sleep(after)
                dialing.cancel()
                await asyncio.wait([dialing])
                assert await open_files_become(before)
                assert dialing.cancelled()

    run(main())


@linux
async def test_addresses_that_are_all_silent_end_with_the_timeout():
    port = refused_port()
    with silent_address(port) as silent:
        start = time.monotonic()
        failure = await dialer(port, [silent] * 4, timeout=0.1).dial(Open)
        assert time.monotonic() - start < 0.3
        assert (failure.cause, "100 ms" in failure.detail) == (Cause.UNREACHABLE, True)


async def test_name_is_looked_up_again_after_no_address_could_be_reached():
    answers = [["127.0.0.2"], ["127.0.0.1"]]
    async with scripted(quiet) as server:
        names = Resolver("up.example", server.port, lookup=lambda *_: answers.pop(0))
        it = Dialer(Origin("http", "up.example", server.port), 1.0, None, names)
        assert (await it.dial(Open)).cause is Cause.UNREACHABLE
        (await it.dial(Open)).transport.abort()


@pytest.mark.parametrize("secure", [False, True])
async def test_unix_socket_stands_in_for_the_address(tmp_path, secure):
    authority = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("up.example").configure_cert(theirs)
    authority.configure_trust(ours)
    path = str(tmp_path / "up.sock")
    origin = Origin("https" if secure else "http", "up.example", 80)
    never = Resolver("up.example", 80, lookup=lambda *_: pytest.fail("looked up"))
    async with scripted(quiet, path=path, ssl=theirs if secure else None) as server:
        it = Dialer(origin, 1.0, ours, never, unix_socket=path)
        protocol = await it.dial(Open)
        async with asyncio.timeout(1):
            while not server.connections:
                await asyncio.sleep(0.001)
        protocol.transport.abort()


async def test_unix_socket_that_is_not_there_is_unreachable(tmp_path):
    path = str(tmp_path / "up.sock")
    it = Dialer(Origin("http", "up.example", 80), 1.0, None, Resolver("127.0.0.1", 80), unix_socket=path)
    failure = await it.dial(Open)
    assert (failure.cause, failure.detail) == (Cause.UNREACHABLE, "no such file or directory")


async def test_server_name_stands_in_for_the_host():
    authority = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("other.example").configure_cert(theirs)
    authority.configure_trust(ours)
    async with scripted(quiet, ssl=theirs) as server:
        origin = Origin("https", "127.0.0.1", server.port)
        names = Resolver("127.0.0.1", server.port)
        assert (await Dialer(origin, 1.0, ours, names).dial(Open)).cause is Cause.UNREACHABLE
        protocol = await Dialer(origin, 1.0, ours, names, server_name="other.example").dial(Open)
        assert protocol.transport.get_extra_info("ssl_object").server_hostname == "other.example"
        protocol.transport.abort()


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
