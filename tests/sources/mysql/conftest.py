"""Real time and a real server."""

import pytest
import uvloop

from tests.support.mariadb import mariadb, unavailable
from tests.support.seeded import seeded

__all__ = ["seeded"]


def pytest_asyncio_loop_factories(config, item):
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def server():
    """A running server; who stops it starts it again."""
    if why := unavailable():
        pytest.skip(why)
    with mariadb() as running:
        yield running


@pytest.fixture
def dsn(server):
    """How to reach it."""
    return server.dsn()
