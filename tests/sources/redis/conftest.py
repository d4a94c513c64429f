"""Real time and a real server: what these tests are about happens between two processes."""

import asyncio

import pytest
import uvloop

from tests.support.seeded import seeded
from tests.support.valkey import valkey

__all__ = ["seeded"]


def pytest_asyncio_loop_factories(config, item):
    """Both kinds of loop that the gateway runs on; for groups of servers, which form slowly, its own."""
    if item.path.name in {"test_redis_cluster.py", "test_redis_dial.py"}:
        return {"uvloop": uvloop.new_event_loop}
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
def server():
    """A server of the test's own, which it may freeze and kill."""
    with valkey() as running:
        yield running
