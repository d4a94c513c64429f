"""The page, its parts and the feed, as the admin listener serves them."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from fastapi import FastAPI

import gateway.dashboard
from gateway.dashboard.feed import VIEWERS
from gateway.dashboard.pages import events
from tests.support.gateways import gateway_of
from tests.support.pages import listening

ASSETS = Path(gateway.dashboard.__file__).parent / "assets"
CONFIG = """
upstreams: { users: { url: http://127.0.0.1:9 }, orders: { url: http://127.0.0.1:9 } }
routes:
  GET /x:
    summary: Both
    steps:
      user:   { get: users/x, required: true }
      orders: { get: "orders/{user.id}", fallback: [] }
"""


@pytest.fixture
def made():
    return gateway_of(CONFIG)


async def test_page_runs_only_our_script_and_talks_only_to_us(made):
    async with listening(made.admin) as client:
        page = await client.get("/")

    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert policy["default-src"] == "'none'"
    assert (policy["script-src"], policy["style-src"], policy["connect-src"]) == ("'self'",) * 3
    assert (policy["base-uri"], policy["form-action"], policy["frame-ancestors"]) == ("'none'",) * 3
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_parts_of_the_page_are_served_with_their_types(made):
    page = (ASSETS / "dashboard.html").read_text()
    async with listening(made.admin) as client:
        for name in re.findall(r'(?:src|href)="(dashboard\.\w+)"', page):
            part = await client.get(f"/{name}")
            assert part.status_code == 200
            assert part.headers["content-type"].split(";")[0] in {"text/css", "text/javascript"}


def test_page_needs_no_network_and_has_nothing_inline():
    for path in ASSETS.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//cdn|@import|\burl\((?!#)", text), path.name
    page = (ASSETS / "dashboard.html").read_text()
    assert not re.search(r"<style|<script(?! src=)|\sstyle=|\son\w+=", page)


def test_script_writes_text_and_never_markup():
    script = (ASSETS / "dashboard.js").read_text()

    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function", script)


def test_token_is_stored_nowhere():
    script = (ASSETS / "dashboard.js").read_text()

    assert re.findall(r"Storage\.setItem\((.*?)\)", script) == ['"theme", value']
    assert not re.search(r"cookie|sessionStorage|indexedDB", script)


async def test_feed_is_one_snapshot_as_json(made):
    async with listening(made.admin) as client:
        answer = await client.get("/feed.json")

    told = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert [each["name"] for each in told["upstreams"]] == ["users", "orders"]
    assert [each["route"] for each in told["routes"]] == ["GET /x"]


async def test_plans_tell_what_does_not_change(made):
    async with listening(made.admin) as client:
        (plan,) = (await client.get("/feed/plans.json")).json()

    assert (plan["route"], plan["summary"], plan["time_limit"]) == ("GET /x", "Both", 2.0)
    assert [(each["name"], each["needs"], each["required"], each["fallback"]) for each in plan["steps"]] == [
        ("user", [], True, False),
        ("orders", ["user"], False, True),
    ]


async def test_stream_is_of_events_that_hold_snapshots(made):
    async with made:
        stream = events(made._feed)
        first, second = await anext(stream), await anext(stream)
        await stream.aclose()

    assert first == b"retry: 1000\n\n"
    assert second.startswith(b"data: ")
    assert second.endswith(b"\n\n")
    assert json.loads(second.removeprefix(b"data: "))["process"]["phase"] == "ready"


async def test_stream_ends_when_the_gateway_drains(made):
    async with made, listening(made.admin) as client:
        asyncio.get_running_loop().call_later(1.5, made.drain)
        answer = await client.get("/feed")

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.count("data: ") == 2


async def test_more_viewers_than_are_served_are_turned_away(made):
    made._feed.viewers = VIEWERS
    async with listening(made.admin) as client:
        answer = await client.get("/feed")

    assert answer.status_code == 503


async def test_name_a_browser_was_lured_through_sees_nothing(made):
    async with listening(made.admin) as client:
        for path in ("/", "/feed", "/feed.json", "/feed/plans.json"):
            answer = await client.get(path, headers={"host": "evil.example:9901"})
            assert answer.status_code == 421


async def test_page_works_wherever_the_admin_pages_are_mounted(made):
    page = (ASSETS / "dashboard.html").read_text() + (ASSETS / "dashboard.js").read_text()
    assert not re.search(r'(?:href|src)="/|(?:fetch|EventSource)\(["`]/', page)

    app = FastAPI()
    app.mount("/gateway-admin", made.admin)
    async with listening(app) as client:
        answers = [await client.get(f"/gateway-admin/{path}") for path in ("", "dashboard.js", "feed.json")]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
