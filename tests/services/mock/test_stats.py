"""What a service says it has seen, checked against what a test really did."""

import asyncio
import contextlib

from services.mock.stats import Stats
from tests.support.raw_http import RawClient, ask

PATTERN = "/internal/users/{user_id}"


async def stats(port):
    return (await ask(port, "GET", "/__stats")).json


async def test_hits_are_counted_in_all_and_by_path_pattern(ports):
    port = ports["users"]
    for target in ("/internal/users/1", "/internal/users/2", "/nowhere"):
        await ask(port, "GET", target)
    seen = await stats(port)
    assert seen["hits"] == 3
    assert {pattern: counted["hits"] for pattern, counted in seen["paths"].items()} == {
        PATTERN: 2,
        "(unmatched)": 1,
    }


async def test_peak_in_flight_is_kept_and_in_flight_is_now(ports):
    port = ports["users"]
    await ask(port, "PUT", "/__faults", {"latency_ms": 100})
    await asyncio.gather(*(ask(port, "GET", "/internal/users/1") for _ in range(5)))
    seen = await stats(port)
    assert (seen["peak_in_flight"], seen["in_flight"], seen["closed_by_client"]) == (5, 0, 0)


async def test_open_connections_leave_out_whoever_asks(ports):
    port = ports["users"]
    async with contextlib.AsyncExitStack() as opened:
        for _ in range(3):
            client = await opened.enter_async_context(RawClient(port))
            client.send("GET", "/internal/users/1")
            await client.answer()
        assert (await stats(port))["connections_open"] == 3
    async with asyncio.timeout(2.0):
        while (await stats(port))["connections_open"]:
            await asyncio.sleep(0.01)


async def test_a_connection_that_has_sent_nothing_yet_is_open_too(ports):
    async with RawClient(ports["users"]):
        async with asyncio.timeout(2.0):
            while (await stats(ports["users"]))["connections_open"] != 1:
                await asyncio.sleep(0.01)


async def test_a_client_that_leaves_during_the_delay_is_counted_by_pattern(ports):
    port = ports["users"]
    await ask(port, "PUT", "/__faults", {"latency_ms": 60_000})
    async with RawClient(port) as client:
        client.send("GET", "/internal/users/1")
        while not (await stats(port))["in_flight"]:
            await asyncio.sleep(0.01)
    async with asyncio.timeout(2.0):
        while (await stats(port))["in_flight"]:
            await asyncio.sleep(0.01)
    assert (await stats(port))["paths"][PATTERN]["closed_by_client"] == 1


async def test_our_own_cuts_are_not_counted_as_the_clients(ports):
    port = ports["users"]
    for mode in ("reset", "truncate"):
        await ask(port, "PUT", "/__faults", {"mode": mode})
        async with RawClient(port) as client:
            client.send("GET", "/internal/users/1")
            with contextlib.suppress(ConnectionResetError):
                await client.reader.read()
    seen = await stats(port)
    assert (seen["hits"], seen["closed_by_client"]) == (2, 0)


def test_a_reset_forgets_what_was_and_keeps_what_is():
    stats = Stats()
    with stats.visit("/a"):
        with stats.visit("/b") as visit:
            visit.left = True
        stats.reset()
        shown = stats.shown()
        assert (shown["hits"], shown["in_flight"], shown["peak_in_flight"], shown["closed_by_client"]) == (
            0,
            1,
            1,
            0,
        )
        assert list(shown["paths"]) == ["/a"]
    assert stats.shown()["in_flight"] == 0
