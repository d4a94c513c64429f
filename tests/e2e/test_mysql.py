"""A whole gateway over a real MariaDB."""

import asyncio
import json

import pytest

from tests.support.gateways import eventually, serving
from tests.support.mariadb import mariadb, unavailable
from tests.support.mysql_source import execute
from tests.support.otlp import collecting

CONFIG = """
upstreams: { shop: { mysql: { dsn: "${DB}", pool: 4 }, timeout: 500ms } }
routes:
  GET /products/{id:int}:
    steps:
      product:
        upstream: shop
        sql: "select id, name, price from product where id = {id}"
        result: one
      others:
        upstream: shop
        sql: "select id from product where id <> {product.id} limit {query.n:int | 1}"
  POST /products:
    steps:
      made:
        upstream: shop
        sql: "insert into product values ({body.id}, {body.name}, 1)"
        write: on
  GET /slow: { time_limit: 5s, steps: { a: { upstream: shop, sql: "select sleep(4)", timeout: 4500ms } } }
"""


@pytest.fixture(scope="module")
def server():
    if why := unavailable():
        pytest.skip(why)
    with mariadb() as running:
        yield running


@pytest.fixture
async def products(server):
    await execute(
        server.dsn(),
        "create or replace table product(id int primary key, name varchar(60), price decimal(10,2))",
        "insert into product values (1, 'Tea', 1.10), (2, 'Milk', 0.90)",
    )
    return server.dsn()


async def test_steps_read_and_write_and_a_duplicate_is_a_conflict(products):
    async with serving(CONFIG, DB=products) as served:
        assert (await served.get("/products/1")).body == (
            b'{"product":{"id":1,"name":"Tea","price":1.10},"others":[{"id":2}]}'
        )
        body = {"id": 3, "name": "Tea'; drop table product; --"}
        assert (await served.ask("/products", "POST", body)).body == b'{"made":1}'
        assert (await served.ask("/products", "POST", body)).status == 409
        assert json.loads((await served.get("/products/3")).body)["product"]["name"] == body["name"]


async def test_a_client_that_leaves_ends_its_query(products):
    async with serving(CONFIG, DB=products) as served:
        sleeping = "select count(*) from information_schema.processlist where info like 'select sleep(4)%'"
        async with served.client() as client:
            client.send("GET", "/slow")
            async with asyncio.timeout(3.0):
                while not (await execute(products, sleeping))[0][0]:
                    await asyncio.sleep(0.01)
        async with asyncio.timeout(3.0):
            while (await execute(products, sleeping))[0][0]:
                await asyncio.sleep(0.01)
        await eventually(lambda: served.gateway.upstreams["shop"].pool().in_use == 0)


async def test_attempts_are_spans_of_a_database(products, monkeypatch):
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        async with serving(f"telemetry: {{ traces: {{ ratio: 1 }} }}\n{CONFIG}", DB=products) as served:
            assert (await served.get("/products/1")).status == 200

    span = min(collector.by(kind="client"), key=lambda each: each.start)
    assert (span.name, span.attributes["db.system.name"]) == ("SELECT shop", "mysql")
