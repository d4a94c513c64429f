"""docs/contract.md section 3: what is cached, sent once or shared, and never for another user."""

import asyncio
import json

import pytest

from tests.support.gateways import Asked, Site, after, eventually, replying, serving

ROUTES = """
upstreams: { a: { url: "${URL}", timeout: 300ms, retry: off } }
routes:
  GET /once: { steps: { x: { get: "a/{query.x}" }, y: { get: "a/{query.y}" } } }
  GET /after: { steps: { x: { get: a/x }, y: { get: "a/{x.next}" } } }
  GET /shared:
    time_limit: 10s
    steps:
      x: { get: a/x, coalesce: on, timeout: 5s, headers: { authorization: "{header.authorization}" } }
  GET /cached:
    steps:
      x:
        get: a/x
        headers: { authorization: "{header.authorization}" }
        cache: { ttl: 1m, key: ["{query.page | 1}"] }
  GET /ladder:
    steps:
      x:
        get: a/x
        fallback: fallback
        cache: { ttl: 20ms, stale_if_error: 600ms }
      y: { get: a/y }
  GET /refreshed:
    steps: { x: { get: a/x, cache: { ttl: 20ms, stale_while_revalidate: 1m } }, y: { get: a/y } }
  GET /slow:
    steps:
      x:
        get: a/x
        coalesce: on
        cache: { ttl: 20ms, stale_if_error: 1m }
      y: { get: a/y }
  GET /asked: { steps: { x: { get: a/x, cache: { ttl: 1m, cache_control: on } } } }
  GET /none: { steps: { x: { get: a/gone, nothing_on: [404], coalesce: on, cache: { ttl: 1m } } } }
  GET /gone: { steps: { x: { get: a/gone, coalesce: on, cache: { ttl: 1m } } } }
"""


def at(script):
    return serving(ROUTES, URL=script)


class Mirror:
    """Answers with the credentials of the call, once ``open``."""

    def __init__(self, *, shut=False):
        self.open = asyncio.Event()
        self.users = []
        if not shut:
            self.open.set()

    async def __call__(self, peer):
        while True:
            user = Asked(await peer.request()).headers.get("authorization", "nobody")
            self.users.append(user)
            await self.open.wait()
            await peer.send(replying({"user": user}))


async def answers(served, target, users):
    """What each of *users* is told, all asking at once."""
    told = await asyncio.gather(*[served.get(target, ("authorization", user)) for user in users])
    return [answer.json["x"]["user"] for answer in told]


async def test_equal_calls_of_one_request_are_sent_once():
    async with at(site := Site({"/p": {"n": 1}, "/q": {"n": 2}})) as served:
        equal = await served.get("/once?x=p&y=p")
        unequal = await served.get("/once?x=p&y=q")

    assert equal.json == {"x": {"n": 1}, "y": {"n": 1}}
    assert unequal.json == {"x": {"n": 1}, "y": {"n": 2}}
    assert sorted(site.paths) == ["/p", "/p", "/q"]


async def test_later_step_that_asks_the_same_gets_the_same_answer():
    async with at(site := Site({"/x": {"next": "x"}})) as served:
        assert (await served.get("/after")).json == {"x": {"next": "x"}, "y": {"next": "x"}}

    assert site.paths == ["/x"]


async def test_n3_equal_calls_of_many_requests_are_one_per_user():
    users = ["ann", "bob", "eve"] * 30
    async with at(mirror := Mirror(shut=True)) as served:
        flights = served.gateway._compiled.commons.flights
        asked = asyncio.ensure_future(answers(served, "/shared", users))
        await eventually(lambda: flights.snapshot().waiting == len(users), 5.0)
        mirror.open.set()
        assert await asked == users

    assert sorted(mirror.users) == ["ann", "bob", "eve"]


async def test_f5_copies_of_one_user_are_served_to_nobody_else():
    async with at(mirror := Mirror()) as served:
        for _ in range(3):
            assert await answers(served, "/cached?page=1", ["ann", "bob"]) == ["ann", "bob"]
        assert await answers(served, "/cached", ["ann"]) == ["ann"]
        assert await answers(served, "/cached?page=2", ["ann"]) == ["ann"]

    assert sorted(mirror.users) == ["ann", "ann", "bob"]


async def test_copy_that_is_the_whole_answer_tells_its_age_and_one_of_several_parts_does_not():
    async with at(Mirror()) as served:
        live = await served.get("/cached")
        cached = await served.get("/cached")
        await served.get("/ladder")
        part = await served.get("/ladder")

    assert ("age" in live.headers, cached.headers["age"]) == (False, "0")
    assert "age" not in part.headers


async def test_ladder_is_live_then_stale_then_fallback():
    site = Site({"/x": {"n": 1}})
    async with at(site) as served:
        live = await served.get("/ladder")
        site.pages["/x"] = (500, "secret")
        await asyncio.sleep(0.05)
        stale = await served.get("/ladder")
        await asyncio.sleep(0.65)
        fallback = await served.get("/ladder")

    assert (live.json["x"], "gateway-degraded" in live.headers) == ({"n": 1}, False)
    assert stale.json["x"] == {"n": 1}
    assert stale.headers["gateway-degraded"] == "x;cause=failed;served=stale"
    assert stale.json["degraded"] == {"x": {"cause": "failed", "served": "stale"}}
    assert fallback.json["x"] == "fallback"
    assert fallback.headers["gateway-degraded"] == "x;cause=failed;served=fallback"


async def test_stale_copy_that_is_being_refreshed_is_a_complete_answer():
    site = Site({"/x": {"n": 1}})
    async with at(site) as served:
        await served.get("/refreshed")
        site.pages["/x"] = {"n": 2}
        await asyncio.sleep(0.05)
        stale = await served.get("/refreshed")
        while (await served.get("/refreshed")).json["x"] != {"n": 2}:
            await asyncio.sleep(0.02)

    assert (stale.json["x"], "degraded" in stale.json) == ({"n": 1}, False)
    assert "gateway-degraded" not in stale.headers


async def test_f8_client_without_time_gets_the_stale_copy_and_the_flight_still_fills_the_cache():
    hasty = ("x-request-timeout-ms", "50")
    site = Site({"/x": {"n": 1}})
    async with at(site) as served:
        await served.get("/slow")
        await asyncio.sleep(0.05)
        site.pages["/x"] = after(0.2, replying({"n": 2}))
        started = asyncio.get_running_loop().time()
        stale = await served.get("/slow", hasty)
        took = asyncio.get_running_loop().time() - started
        while (await served.get("/slow", hasty)).json["x"] != {
            "n": 2
        }:  # none of these can wait for the upstream
            await asyncio.sleep(0.02)

    assert stale.headers["gateway-degraded"] == "x;cause=out_of_time;served=stale"
    assert (stale.json["x"], took < 0.3) == ({"n": 1}, True)


@pytest.mark.parametrize(("cache_control", "calls"), [("max-age=60", 1), ("no-store", 2), ("private", 2)])
async def test_upstream_is_heard_where_it_is_asked(cache_control, calls):
    page = (200, json.dumps({"n": 1}), f"Cache-Control: {cache_control}")
    async with at(site := Site({"/x": page})) as served:
        await served.get("/asked")
        await served.get("/asked")

    assert len(site.asked) == calls


async def test_step_to_which_404_means_nothing_shares_nothing_with_one_to_which_it_is_a_failure():
    async with at(Site({"/gone": (404, "secret")})) as served:
        nothing = await served.get("/none")
        failure = await served.get("/gone")

    assert (nothing.status, nothing.json) == (200, {"x": None})
    assert failure.status == 404
