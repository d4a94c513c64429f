"""One upstream at several addresses, on real sockets: where calls go while one is slow, dead or back."""

import asyncio
import contextlib

import pytest

from tests.support.gateways import Site, after, gateway_of, hanging, listening, replying, resetting
from tests.support.servers import scripted

pytestmark = pytest.mark.slow

CONFIG = """
server: {{ access_log: off }}
upstreams:
  up:
    urls: ["${{A}}", "${{B}}", "${{C}}"]
    timeout: 300ms
    breaker: {{ consecutive: {consecutive}, open_for: 300ms, max_open_for: 300ms }}
    {settings}
routes:
  GET /x: {{ time_limit: 2s, steps: {{ x: {{ get: up/x }} }}, respond: "{{x}}" }}
"""


class Machines:
    """Three sites behind one upstream, and a gateway in front of them."""

    def __init__(self, sites, gateway, there):
        self.sites, self.gateway, self.there = sites, gateway, there

    @property
    def hits(self):
        return [len(site.asked) for site in self.sites]

    async def ask(self, count, at_once=5):
        """So many requests; their statuses, and the hits they made."""
        before, statuses = self.hits, []

        async def client(number):
            async with self.there.client() as one:
                for _ in range(number):
                    one.send("GET", "/x")
                    statuses.append((await one.answer()).status)

        await asyncio.gather(*(client(count // at_once) for _ in range(at_once)))
        return statuses, [now - then for now, then in zip(self.hits, before, strict=True)]


@contextlib.asynccontextmanager
async def machines(settings="", *, consecutive=10, **pages):
    """*pages* are the answers of ``a``, ``b`` and ``c`` (default: at once)."""
    async with contextlib.AsyncExitStack() as stack:
        sites = [Site({"/x": pages.get(name, after(0.003, replying("1")))}) for name in "abc"]
        urls = [(await stack.enter_async_context(scripted(site))).url for site in sites]
        config = CONFIG.format(settings=settings, consecutive=consecutive)
        gateway = gateway_of(config, environ=dict(zip("ABC", urls, strict=True)))
        await stack.enter_async_context(gateway)
        there = await stack.enter_async_context(listening(gateway))
        yield Machines(sites, gateway, there)


async def test_calls_are_spread_evenly():
    async with machines() as it:
        statuses, hits = await it.ask(600)

    assert set(statuses) == {200}
    assert min(hits) > 140


async def test_slow_machine_gets_few_calls():
    async with machines(a=after(0.1, replying("1"))) as it:
        statuses, hits = await it.ask(400)

    assert set(statuses) == {200}
    assert hits[0] < 0.2 * sum(hits)


async def test_machine_that_resets_every_call_is_noticed_by_no_client():
    async with machines() as it:
        await it.ask(200)  # retries come from a budget, a tenth of the calls
        it.sites[0].pages["/x"] = resetting
        statuses, hits = await it.ask(400)

    assert set(statuses) == {200}
    assert hits[0] <= 15


async def test_without_retries_a_dead_machine_costs_ten_calls_and_those_under_way():
    async with machines("retry: off", a=(500, "")) as it:
        statuses, _ = await it.ask(400)

    assert statuses.count(502) <= 15
    assert statuses.count(200) == 400 - statuses.count(502)


async def test_machine_that_hangs_holds_few_clients():
    async with machines("retry: off", a=hanging) as it:
        statuses, _ = await it.ask(300)

    assert statuses.count(504) <= 12


async def test_machine_that_is_well_again_gets_calls_again():
    async with machines("balance: { slow_start: 200ms }", consecutive=2, a=(500, "")) as it:
        while it.gateway.upstreams["up"].balance.addresses[0].serves:
            await it.ask(50)
        it.sites[0].pages["/x"] = replying("1")
        await asyncio.sleep(0.4)
        while not it.gateway.upstreams["up"].balance.addresses[0].serves:
            await it.ask(100)
        await asyncio.sleep(0.25)
        statuses, hits = await it.ask(300)

    assert set(statuses) == {200}
    assert hits[0] > 60


async def test_upstream_that_is_down_as_a_whole_is_refused_with_a_time_to_come_back():
    async with machines("retry: off", a=(500, ""), b=(500, ""), c=(500, "")) as it:
        await it.ask(100)
        async with it.there.client() as client:
            client.send("GET", "/x")
            answer = await client.answer()

    assert (answer.status, answer.json["cause"]) == (503, "circuit_open")
    assert answer.headers["retry-after"] == "1"


async def test_hedge_goes_to_another_machine_than_the_call_that_is_late():
    async with machines("retry: off\n    hedge: { after: 50ms }") as it:
        await it.ask(200)
        it.sites[0].pages["/x"] = hanging
        statuses, hits = await it.ask(15)

    assert set(statuses) == {200}
    assert hits[0] > 0


async def test_taking_turns_spreads_calls_exactly():
    async with machines("balance: off") as it:
        _, hits = await it.ask(300, at_once=1)

    assert hits == [100, 100, 100]
