"""One gateway in trouble, as the feed tells of it."""

import msgspec
import pytest

from tests.support import snapshots


@pytest.fixture
def snapshot():
    return snapshots.snapshot()


@pytest.fixture
def feed_body(snapshot):
    return msgspec.json.encode(snapshot)
