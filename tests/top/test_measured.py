"""Numbers are asked from the admin listener, once, and put beside the plans."""

import msgspec
import pytest

from gateway.top.feed import Away
from gateway.top.measured import measured
from tests.support.admin_feed import admin_feed
from tests.support.compiled import route as compiled
from tests.support.snapshots import route as seen
from tests.support.snapshots import snapshot

ROUTES = [compiled(key, "{ steps: { a: { get: users } } }") for key in ("GET /x", "GET /y")]


def test_every_route_has_its_numbers():
    slept = []
    with admin_feed() as feed:
        feed.body = msgspec.json.encode(snapshot(routes=[seen("GET /x", rate=3.0, p50=0.01, p99=0.02)]))
        told = measured(feed.url, ROUTES, 7.0, slept.append)

    assert (feed.asked, slept) == (["/feed.json"] * 2, [7.0])
    assert "GET /x\n  measured     3.0/s, 0% degraded, 0% failed; p50 10 ms, p99 20 ms\n" in told
    assert told.endswith("GET /y\n  measured     this gateway has no such route\n\n")


def test_silence_and_nonsense_are_told():
    with pytest.raises(ValueError, match="is not the address"):
        measured("nonsense", ROUTES, 0.0)
    with pytest.raises(Away):
        measured("http://127.0.0.1:1", ROUTES, 0.0)
