"""Every way in which TLS can be right or wrong, for both transports, over real sockets."""

import asyncio
import contextlib
import datetime as dt
import socket
import ssl
import time

import pytest
import trustme

from gateway.outcome import Cause
from gateway.transport.exchange import Request
from gateway.transport.tls import TlsFiles, context_with
from tests.support.servers import Peer, answer, answering, scripted
from tests.support.transports import KINDS, a_call, client

pytestmark = pytest.mark.parametrize("kind", KINDS)


class Authority:
    """A certificate authority with files, and servers that show what it issued."""

    def __init__(self, folder) -> None:
        self._folder = folder
        self._ca = trustme.CA()
        self._count = 0
        self.file = self._write(self._ca.cert_pem)

    def _write(self, blob) -> str:
        self._count += 1
        path = self._folder / f"{id(self):x}-{self._count}.pem"
        blob.write_to_path(path)
        return str(path)

    def issue(self, name="127.0.0.1", **options) -> str:
        """A file with key and certificate."""
        return self._write(self._ca.issue_cert(name, **options).private_key_and_cert_chain_pem)

    def server(self, name="127.0.0.1", **options) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.issue(name, **options))
        return context


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def stranger(tmp_path):
    return Authority(tmp_path)


async def ask(kind, theirs, *, script=None, **options):
    """One exchange over TLS, and the call it was."""
    files = {name: options.pop(name) for name in ("ca", "cert", "key", "verify") if name in options}
    async with scripted(script or answering(answer()), ssl=theirs) as server:
        url = server.url.replace("http:", "https:")
        async with client(kind, url, ssl_context=context_with(TlsFiles(**files)), **options) as it:
            call = a_call()
            got = await it.exchange(Request("GET", b"/"), call=call)
    return got, call, server


async def test_own_authority_is_trusted(kind, authority):
    got, _, _ = await ask(kind, authority.server(), ca=authority.file)
    assert got.status == 200


async def refused(kind, reason, theirs, **options):
    got, call, server = await ask(kind, theirs, **options)
    assert (got.cause, call.sent, server.requests) == (Cause.UNREACHABLE, False, [])
    assert reason in got.detail, got


async def test_own_authority_is_the_only_one(kind, authority, stranger):
    await refused(kind, "unable to get local issuer", stranger.server(), ca=authority.file)


async def test_name_must_be_the_hosts(kind, authority):
    await refused(kind, "127.0.0.1", authority.server("other.example"), ca=authority.file)


async def test_expired_certificate_is_refused(kind, authority):
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    theirs = authority.server(not_after=yesterday, not_before=yesterday - dt.timedelta(days=9))
    await refused(kind, "expired", theirs, ca=authority.file)


async def test_server_name_is_sent_and_checked_instead_of_the_host(kind, authority):
    seen = []
    theirs = authority.server("inner.example")
    theirs.sni_callback = lambda _socket, name, _context: seen.append(name)
    got, _, server = await ask(kind, theirs, ca=authority.file, server_name="inner.example")
    assert (got.status, seen) == (200, ["inner.example"])
    assert b"host: 127.0.0.1:%d\r\n" % server.port in server.requests[0].lower()


async def test_nothing_is_checked_if_verification_is_off(kind, stranger):
    got, _, _ = await ask(kind, stranger.server("other.example"), verify=False)
    assert got.status == 200


def asking_for_a_certificate(authority, version) -> ssl.SSLContext:
    theirs = authority.server()
    theirs.verify_mode = ssl.CERT_REQUIRED
    theirs.load_verify_locations(authority.file)
    theirs.minimum_version = theirs.maximum_version = version
    return theirs


versions = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])


@versions
async def test_client_certificate_is_shown(kind, authority, version):
    theirs = asking_for_a_certificate(authority, version)
    got, _, _ = await ask(kind, theirs, ca=authority.file, cert=authority.issue("client.example"))
    assert got.status == 200


def refusing(theirs, listener) -> None:
    """Shake hands once, fail, say why, and leave in good order (asyncio's servers just hang up)."""
    with listener, listener.accept()[0] as plain:
        tls = theirs.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with contextlib.suppress(OSError):
            tls.do_handshake()
        tls = socket.socket(fileno=tls.detach())
        with tls, contextlib.suppress(OSError):
            tls.shutdown(socket.SHUT_WR)
            while tls.recv(1000):
                pass


@versions
@pytest.mark.parametrize("shown", ["none", "of a stranger"])
async def test_refused_client_certificate_is_unreachable_and_nothing_was_sent(
    kind, authority, stranger, version, shown
):
    files = TlsFiles(authority.file, None if shown == "none" else stranger.issue("client.example"))
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    server = asyncio.to_thread(refusing, asking_for_a_certificate(authority, version), listener)
    serving = asyncio.create_task(server)
    async with client(kind, url, ssl_context=context_with(files)) as it:
        call = a_call(repeatable=False)
        got = await it.exchange(Request("POST", b"/"), call=call)
    await serving
    assert (got.cause, call.sent) == (Cause.UNREACHABLE, False)
    assert "CERTIFICATE_REQUIRED" in got.detail or "UNKNOWN_CA" in got.detail or "HANDSHAKE" in got.detail


async def test_handshake_that_hangs_ends_with_the_time_to_connect(kind, authority):
    async def silent(peer: Peer) -> None:
        await peer.eof()

    context = context_with(TlsFiles(ca=authority.file))
    async with scripted(silent) as server:
        url = server.url.replace("http:", "https:")
        async with client(kind, url, ssl_context=context, connect_timeout=0.1) as it:
            start = time.monotonic()
            got = await it.get()
            assert time.monotonic() - start < 0.3
            assert (got.cause, "100 ms" in got.detail) == (Cause.UNREACHABLE, True)


async def test_tls_works_over_a_unix_socket(kind, authority, tmp_path):
    path = str(tmp_path / "up.sock")
    context = context_with(TlsFiles(ca=authority.file))
    async with (
        scripted(answering(answer()), path=path, ssl=authority.server("up.example")) as server,
        client(kind, "https://up.example", ssl_context=context, unix_socket=path) as it,
    ):
        assert (await it.get()).status == 200
        assert b"host: up.example\r\n" in server.requests[0].lower()


async def test_connection_that_breaks_within_tls_is_incomplete(kind, authority):
    async def script(peer: Peer) -> None:
        await peer.request()
        await asyncio.sleep(0.01)
        peer.reset()

    got, call, _ = await ask(kind, authority.server(), ca=authority.file, script=script)
    assert (got.cause, call.sent) == (Cause.INCOMPLETE, True)
