"""Real time and a real server; one for all tests that leave it as it is, an own one for those that do not."""

import asyncio

import pytest
import uvloop

from tests.support.postgres import postgres, unavailable
from tests.support.seeded import seeded

__all__ = ["seeded"]


def pytest_asyncio_loop_factories(config, item):
    """Both kinds of loop that the gateway runs on, where it matters how futures and tasks are ended."""
    both = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    if item.path.name in {"test_cuts.py", "test_question.py"}:
        return both
    return {"uvloop": both["uvloop"]}


@pytest.fixture(scope="session")
def shared_server():
    """A running server; nobody stops it."""
    if why := unavailable():
        pytest.skip(why)
    with postgres("max_connections=60") as running:
        yield running


@pytest.fixture
def dsn(shared_server):
    """How to reach it."""
    return shared_server.dsn()


@pytest.fixture
def server():
    """A server of the test's own, which it may stop and freeze."""
    if why := unavailable():
        pytest.skip(why)
    with postgres() as running:
        yield running
