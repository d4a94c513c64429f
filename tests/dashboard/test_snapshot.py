"""A snapshot goes through JSON unchanged: the page and ``gateway top`` read the same."""

import json

import msgspec

from gateway.dashboard.snapshot import Point, Snapshot
from tests.support.snapshots import snapshot, upstream


def test_snapshot_goes_through_json_unchanged():
    made = snapshot()

    assert msgspec.json.decode(msgspec.json.encode(made), type=Snapshot) == made


def test_points_are_short():
    made = snapshot(upstreams=[upstream(history=[Point(1.0, 2.0, 0.5, None, 0.3)])])

    told = json.loads(msgspec.json.encode(made))

    assert told["upstreams"][0]["history"] == [[1.0, 2.0, 0.5, None, 0.3]]
