"""The feed over real sockets: what requests did is seen in it, and viewers that leave are gone."""

import asyncio
import json

import pytest

from tests.support.gateways import Site, eventually, hanging, listening, serving

CONFIG = """
server: { access_log: off }
upstreams:
  users:  { url: "${USERS}" }
  orders: { url: "${ORDERS}", timeout: 50ms, retry: off }
routes:
  GET /profile/{id}:
    steps:
      user:   { get: "users/{id}", required: true }
      orders: { get: "orders/of/{user.id}", fallback: [] }
"""

pytestmark = pytest.mark.slow


async def test_degraded_request_is_seen_in_numbers_and_as_a_waterfall():
    users = Site(default={"id": 7})
    async with serving(CONFIG, USERS=users, ORDERS=hanging) as up, listening(up.gateway.admin) as admin:
        assert (await up.get("/profile/7")).status == 200
        await asyncio.sleep(0.6)
        told = json.loads((await admin.get("/feed.json")).body)

    (request,) = told["problems"]
    user, orders = request["steps"]
    assert (request["route"], request["status"], request["degraded"]) == ("GET /profile/{id}", 200, True)
    assert (user["outcome"], user["start"]) == ("live", 0.0)
    assert (orders["outcome"], orders["cause"]) == ("fallback", "timeout")
    assert orders["start"] == pytest.approx(user["seconds"])
    assert orders["seconds"] == pytest.approx(0.05, abs=0.04)
    upstreams = {each["name"]: each for each in told["upstreams"]}
    assert (upstreams["orders"]["errors"], upstreams["orders"]["causes"]) == (1.0, {"timeout": 1})
    assert upstreams["users"]["errors"] == 0.0
    assert told["routes"][0]["degraded"] == 1.0


async def test_viewer_that_closes_its_connection_is_gone():
    users = Site()
    async with serving(CONFIG, USERS=users, ORDERS=users) as up, listening(up.gateway.admin) as admin:
        feed = up.gateway._feed
        async with admin.client() as client:
            client.send("GET", "/feed")
            status, headers = await client.head()
            await client.reader.readuntil(b"data: ")
            assert feed.viewers == 1

        await eventually(lambda: feed.viewers == 0, 3.0)

    assert (status, headers["content-type"].split(";")[0]) == (200, "text/event-stream")


async def test_viewer_that_reads_nothing_holds_up_nobody():
    users = Site()
    async with serving(CONFIG, USERS=users, ORDERS=users) as up, listening(up.gateway.admin) as admin:
        async with admin.client() as asleep, admin.client() as awake:
            asleep.send("GET", "/feed")
            awake.send("GET", "/feed")
            for _ in range(3):
                await asyncio.wait_for(awake.reader.readuntil(b"data: "), 3.0)
        await eventually(lambda: up.gateway._feed.viewers == 0, 3.0)
