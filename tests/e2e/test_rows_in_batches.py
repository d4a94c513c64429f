"""Lists and batches over another kind of source: rows of a real PostgreSQL."""

import pytest

from tests.support.gateways import serving
from tests.support.postgres import postgres, unavailable
from tests.support.postgres_source import execute

CONFIG = """
upstreams:
  accounts: { postgres: { dsn: "${DB}", pool: 4 }, timeout: 900ms }
routes:
  GET /many:
    steps:
      ids: { value: [1, 2, 9] }
      batched:
        for_each: "{ids}"
        upstream: accounts
        sql: "select id, name, count(*) over () as asked from account where id = any({keys[]})"
        batch: { key: "{item}", by: id }
      each:
        for_each: "{ids}"
        upstream: accounts
        sql: "select name from account where id = {item}"
        result: one
"""


@pytest.fixture(scope="module")
def server():
    if why := unavailable():
        pytest.skip(why)
    with postgres() as running:
        yield running


async def test_rows_are_asked_for_at_once_and_one_by_one(server):
    await execute(
        server.dsn(),
        "create table account(id int primary key, name text)",
        "insert into account values (1, 'Ada'), (2, 'Bob')",
    )
    async with serving(CONFIG, DB=server.dsn()) as served:
        answer = await served.get("/many")

    assert answer.json["batched"] == [
        {"id": 1, "name": "Ada", "asked": 2},
        {"id": 2, "name": "Bob", "asked": 2},
        None,
    ]
    assert answer.json["each"] == [{"name": "Ada"}, {"name": "Bob"}, None]
