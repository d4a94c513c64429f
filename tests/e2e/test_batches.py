"""``batch`` with real sockets on both sides: what is asked for within a moment is one call."""

import asyncio
import json
from urllib.parse import parse_qs

import pytest

from tests.support.gateways import Asked, eventually, replying, serving
from tests.support.otlp import collecting

CONFIG = """
upstreams:
  a: { url: "${URL}", timeout: 800ms, retry: { attempts: 2, backoff: 1ms }, budget: off }
routes:
  GET /user/{id}:
    steps:
      user:
        get: "a/users?ids={keys}"
        headers: { authorization: "{header.authorization}" }
        batch: { key: "{id}", window: 30ms }
  GET /orders:
    steps:
      orders: { get: a/orders }
      products:
        for_each: "{orders.items}"
        post: { upstream: a, path: products, json: { ids: "{keys}" } }
        repeatable: true
        batch: { key: "{item.product}", at: data.found, by: id, error: error }
  GET /cached:
    steps:
      orders: { get: a/orders }
      products:
        for_each: "{orders.items}"
        get: "a/many?id={keys[]}"
        batch: { key: "{item.product}" }
        cache: { ttl: 1m }
  GET /full:
    steps:
      orders: { get: a/orders }
      products:
        for_each: "{orders.items}"
        get: "a/many?id={keys[]}"
        batch: { key: "{item.product}", max_size: 2, window: off }
"""


class Shop:
    """Answers what it is asked for; ``asked`` has the keys of each call. It waits until it is ``open``."""

    def __init__(self, products=(1, 2, 1, 3), failing=0):
        self.products = products
        self.failing = failing
        self.asked = []
        self.heads = []
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, peer):
        while True:
            request = Asked(await peer.request())
            await peer.send(await self.answer(request))

    async def answer(self, request):
        if request.path == "/orders":
            return replying({"items": [{"product": number} for number in self.products]})
        if request.path == "/users":
            keys = parse_qs(request.query)["ids"][0].split(",")
        elif request.path == "/many":
            keys = [int(key) for key in parse_qs(request.query)["id"]]
        else:
            keys = request.json["ids"]
        self.asked.append(keys)
        self.heads.append(request.headers)
        await self.open.wait()
        if self.failing:
            self.failing -= 1
            return replying({}, 503)
        if request.path == "/products":
            found = [{"id": key, "name": f"p{key}"} for key in keys if key < 100]
            return replying(
                {
                    "data": {
                        "found": [each | ({"error": "gone"} if each["id"] == 13 else {}) for each in found]
                    }
                }
            )
        who = request.headers.get("authorization")
        return replying(json.dumps({str(key): {"id": key, "who": who} for key in keys}))


def at(script):
    return serving(CONFIG, URL=script)


async def test_clients_that_ask_within_a_moment_are_one_call_and_each_gets_its_own():
    async with at(shop := Shop()) as served:
        answers = await asyncio.gather(*[served.get(f"/user/{number}") for number in (1, 2, 3, 2)])

    assert [answer.json["user"]["id"] for answer in answers] == ["1", "2", "3", "2"]
    assert [sorted(keys) for keys in shop.asked] == [["1", "2", "3"]]


async def test_clients_with_other_credentials_never_share_a_batch():
    async with at(shop := Shop()) as served:
        answers = await asyncio.gather(
            *[served.get(f"/user/{n}", ("authorization", f"Bearer {n % 2}")) for n in range(8)]
        )

    assert [answer.json["user"]["who"] for answer in answers] == [f"Bearer {n % 2}" for n in range(8)]
    assert sorted(sorted(keys) for keys in shop.asked) == [["0", "2", "4", "6"], ["1", "3", "5", "7"]]


async def test_items_of_a_list_are_one_call():
    async with at(shop := Shop()) as served:
        answer = await served.get("/orders")

    assert [product["name"] for product in answer.json["products"]] == ["p1", "p2", "p1", "p3"]
    assert shop.asked == [[1, 2, 3]]


async def test_key_that_nobody_knows_is_null_and_no_failure():
    async with at(Shop([1, 404, 2])) as served:
        answer = await served.get("/orders")

    assert [product and product["name"] for product in answer.json["products"]] == ["p1", None, "p2"]
    assert "gateway-degraded" not in answer.headers


async def test_item_that_says_it_failed_is_missing_and_told():
    async with at(Shop([1, 13, 2])) as served:
        answer = await served.get("/orders")

    assert answer.json["degraded"]["products"]["causes"] == {"failed": [1]}


async def test_batch_that_failed_is_tried_again_as_a_whole():
    async with at(shop := Shop(failing=1)) as served:
        answer = await served.get("/orders")

    assert [product["name"] for product in answer.json["products"]] == ["p1", "p2", "p1", "p3"]
    assert shop.asked == [[1, 2, 3], [1, 2, 3]]


async def test_batch_that_goes_on_failing_fails_all_its_keys():
    async with at(Shop(failing=9)) as served:
        answer = await served.get("/orders")

    assert answer.json["degraded"] == {"products": {"cause": "failed", "served": "nothing"}}


async def test_what_there_is_a_copy_of_is_not_asked_for_again():
    async with at(shop := Shop([1, 2])) as served:
        await served.get("/cached")
        shop.products = [1, 2, 3]
        answer = await served.get("/cached")

    assert [product["id"] for product in answer.json["products"]] == [1, 2, 3]
    assert shop.asked == [[1, 2], [3]]


async def test_batch_has_no_more_keys_than_the_bound():
    async with at(shop := Shop([1, 2, 3, 4, 5])) as served:
        answer = await served.get("/full")

    assert [product["id"] for product in answer.json["products"]] == [1, 2, 3, 4, 5]
    assert sorted(shop.asked) == [[1, 2], [3, 4], [5]]


async def test_client_that_leaves_takes_nobodys_answer_along():
    async with at(shop := Shop()) as served:
        shop.open.clear()
        async with served.client() as leaving:
            leaving.send("GET", "/user/1")
            staying = asyncio.ensure_future(served.get("/user/2"))
            await eventually(lambda: shop.asked)
        await asyncio.sleep(0.15)
        shop.open.set()

        assert (await staying).json["user"]["id"] == "2"
    assert [sorted(keys) for keys in shop.asked] == [["1", "2"]]


async def test_batch_that_all_clients_have_left_is_ended():
    async with at(shop := Shop()) as served:
        shop.open.clear()
        async with served.client() as leaving:
            leaving.send("GET", "/user/1")
            await eventually(lambda: shop.asked)
        await served.idle(0.4)
        assert served.gateway._compiled.commons.batches.snapshot().under_way == 0


async def test_each_waits_no_longer_than_its_own_time():
    async with at(shop := Shop()) as served:
        shop.open.clear()
        hurried = asyncio.ensure_future(served.get("/user/1", ("x-request-timeout-ms", "150")))
        patient = asyncio.ensure_future(served.get("/user/2"))
        assert (await hurried).json["cause"] == "out_of_time"
        shop.open.set()

        assert (await patient).json["user"]["id"] == "2"


async def test_batches_are_counted():
    async with at(Shop()) as served:
        await served.get("/orders")
        lines = served.gateway.metrics.exposition()[0].decode().splitlines()

    told = dict(line.rsplit(" ", 1) for line in lines if line.startswith("gateway_batch"))
    assert {name: float(value) for name, value in told.items()} == {
        "gateway_batches": 0,
        "gateway_batch_waiters": 0,
        "gateway_batches_sent_total": 1,
        "gateway_batch_keys_total": 3,
        "gateway_batch_calls_total": 3,
    }


@pytest.fixture
def collector(monkeypatch):
    """A collector that the gateway under test exports to."""
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        yield collector


async def test_batch_is_a_trace_of_its_own_linked_both_ways(collector):
    async with serving("telemetry: { traces: { ratio: 1 } }\n" + CONFIG, URL=(shop := Shop())) as served:
        await asyncio.gather(*[served.get(f"/user/{number}") for number in (1, 2)])

    (batch,) = collector.by(name="batch user")
    steps = collector.by(name="step user")
    assert {link[0] for step in steps for link in step.links} == {batch.trace_id}
    assert shop.heads[0]["traceparent"].split("-")[1] == batch.trace_id
