"""These tests run on the event loop that ``gateway run`` uses."""

import uvloop


def pytest_asyncio_loop_factories(config, item):
    return {"uvloop": uvloop.new_event_loop}
