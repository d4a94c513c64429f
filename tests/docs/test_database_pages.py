"""docs/sources/postgres.md and mysql.md: their examples are run as they stand there, against real servers."""

import json
import re

import pytest

from tests.support import mariadb, postgres
from tests.support.gateways import serving
from tests.support.mysql_source import execute as execute_mysql
from tests.support.postgres_source import execute
from tests.support.processes import ROOT


def example(page):
    """The configuration that the page shows."""
    return re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/sources" / page).read_text(), re.DOTALL)[0]


async def test_the_example_for_postgres_answers():
    if why := postgres.unavailable():
        pytest.skip(why)
    with postgres.postgres() as server:
        await execute(
            server.dsn(),
            "create table account(id int, name text, balance numeric(10,2), created timestamptz)",
            "insert into account values (7, 'Ada', 1.10, '2026-01-02 03:04:05Z')",
            "create table orders(id int, account int, total numeric(10,2), state text)",
            "insert into orders select n, 7, n * 1.5, case when n % 2 = 0 then 'paid' else 'open' end"
            " from generate_series(1, 30) n",
        )
        async with serving(example("postgres.md"), DATABASE_URL=server.dsn()) as served:
            all_states = json.loads((await served.get("/accounts/7")).body)
            paid = json.loads((await served.get("/accounts/7?state=paid&state=void&limit=2")).body)

    assert all_states["account"]["created"] == "2026-01-02T03:04:05+00:00"
    assert [order["id"] for order in all_states["orders"]] == list(range(30, 20, -1))
    assert paid["orders"] == [{"id": 30, "total": 45.0}, {"id": 28, "total": 42.0}]


async def test_the_example_for_mysql_answers():
    if why := mariadb.unavailable():
        pytest.skip(why)
    with mariadb.mariadb() as server:
        await execute_mysql(
            server.dsn(),
            "create table product(id int, name varchar(20), price decimal(10,2))",
            "insert into product values (1, 'Tea', 1.10)",
        )
        async with serving(example("mysql.md"), MYSQL_URL=server.dsn()) as served:
            answer = await served.get("/products/1")

    assert answer.body == b'{"product":{"id":1,"name":"Tea","price":1.10}}'
