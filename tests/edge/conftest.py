from tests.support.virtual_time import pytest_asyncio_loop_factories  # noqa: F401 - pytest finds it here
