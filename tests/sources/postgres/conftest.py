from tests.sources.database.conftest import dsn, pytest_asyncio_loop_factories, server, shared_server
from tests.support.seeded import seeded

__all__ = ["dsn", "pytest_asyncio_loop_factories", "seeded", "server", "shared_server"]
