"""The ways to a server, all real: the master that a sentinel names, TLS with certificates, a socket."""

import ssl

import pytest

from gateway.outcome import Cause
from tests.support.copies import copy_of, key_of
from tests.support.processes import free_ports, until
from tests.support.redis_sources import TlsFront, asking, authority, cause, data
from tests.support.redis_stores import opened, patient
from tests.support.tcp_faults import TcpFaults
from tests.support.valkey_groups import Node, replicated

pytestmark = pytest.mark.slow


# ── sentinels ───────────────────────────────────────────────────────────────────────────────────────────


async def test_sentinels_name_the_master_and_its_successor():
    with replicated() as group:
        async with asking(group.url) as there, opened(patient(group.url)) as store:
            await there.write(("SET", "a", "1"))
            await store.kept(key_of("a"), copy_of(b"[1]"))
            until(lambda: group.replica.ask("GET", "a") == b"1", what="the replica has it")
            group.master.kill()

            outcomes = [await there.ask("GET", "a")]
            assert await there.until_answered("GET", "a") == b'"1"'
            assert {outcome.cause for outcome in outcomes} <= {Cause.UNREACHABLE, Cause.INCOMPLETE}
            assert await there.write(("SET", "a", "2")) == [b"OK"]
            assert await store.eventually(key_of("a")) == b"[1]"
            assert group.replica.ask("GET", "a") == b"2"


async def test_service_that_no_sentinel_knows_is_told():
    with replicated() as group:
        url = group.url.replace("orders", "others")
        async with asking(url) as there:
            outcome = await there.ask("GET", "a")

        assert (cause(outcome), outcome.detail) == (
            Cause.UNREACHABLE,
            "no sentinel knows the service's master",
        )


async def test_sentinels_that_are_gone_or_hang_leave_the_others_time():
    with replicated() as group:
        async with TcpFaults(group.sentinel.port) as hung:
            hung.hold()
            url = f"redis+sentinel://127.0.0.1:1,127.0.0.1:{hung.port},127.0.0.1:{group.sentinel.port}/orders"
            async with asking(url, connect_timeout=2.0) as there:
                assert data(await there.ask("GET", "a")) is None
            hung.release()


async def test_sentinels_are_asked_over_tls_where_the_servers_are(tmp_path):
    trusted, certificate = authority()
    trusted.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context()
    trusted.configure_trust(context)
    with replicated() as group:
        async with TlsFront(group.sentinel.port, certificate) as front:
            url = f"rediss+sentinel://127.0.0.1:{front.port}/orders"
            unknown = "no sentinel knows the service's master"
            async with (
                asking(url, context=context) as there,
                asking(f"{url}?ssl_ca_certs={tmp_path / 'ca.pem'}") as other,
                asking(url) as stranger,
            ):
                # It names a master that speaks no TLS itself: so far two of them came, and not the third.
                assert (await there.ask("GET", "a")).detail == "no answer in time"
                assert (await other.ask("GET", "a")).detail == "no answer in time"
                assert (await stranger.ask("GET", "a")).detail == unknown


# ── TLS and sockets ─────────────────────────────────────────────────────────────────────────────────────


async def test_rediss_speaks_tls_and_checks_whom_it_speaks_to(server, tmp_path):
    trusted, certificate = authority()
    trusted.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with TlsFront(server.port, certificate) as front:
        url = f"rediss://127.0.0.1:{front.port}"
        async with asking(f"{url}?ssl_ca_certs={tmp_path / 'ca.pem'}") as there:
            await there.write(("SET", "a", "x" * 100_000))
            assert data(await there.ask("GET", "a")) == "x" * 100_000

        async with asking(url) as stranger:
            outcome = await stranger.ask("GET", "a")
            assert (cause(outcome), outcome.detail) == (
                Cause.UNREACHABLE,
                "TLS: CERTIFICATE_VERIFY_FAILED",
            )


async def test_context_of_the_upstream_counts_and_shows_its_certificate(server):
    trusted, certificate = authority()
    context = ssl.create_default_context()
    trusted.configure_trust(context)
    trusted.issue_cert("gateway").configure_cert(context)
    async with TlsFront(server.port, certificate, trusted) as front:
        async with asking(f"rediss://127.0.0.1:{front.port}", context=context) as there:
            assert data(await there.ask("GET", "a")) is None
        without = ssl.create_default_context()
        trusted.configure_trust(without)
        async with asking(f"rediss://127.0.0.1:{front.port}", context=without) as stranger:
            assert cause(await stranger.ask("GET", "a")) is Cause.UNREACHABLE


async def test_copies_go_over_tls(server, tmp_path):
    trusted, certificate = authority()
    trusted.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with TlsFront(server.port, certificate) as front:
        url = f"rediss://127.0.0.1:{front.port}?ssl_ca_certs={tmp_path / 'ca.pem'}"
        async with opened(patient(url)) as there:
            await there.kept(key_of("a"), copy_of(b"[1]"))
            assert await there.body(key_of("a")) == b"[1]"


async def test_socket_is_a_way_to_a_server_too(tmp_path):
    path = tmp_path / "redis.sock"
    node = Node(tmp_path, free_ports(1)[0], f"unixsocket {path}")
    try:
        async with asking(f"unix://{path}?db=3") as there:
            await there.write(("SET", "a", "1"))
            assert data(await there.ask("GET", "a")) == "1"
            assert node.ask("GET", "a") is None  # of another database
    finally:
        node.kill()
