"""``for_each`` with real sockets on both sides: one call per item, bounded, told, and ended together."""

import asyncio
import random

import pytest

from tests.support.gateways import Asked, Site, after, eventually, hanging, replying, serving
from tests.support.otlp import collecting

LATE = 0.25
"""Seconds that CI may be late (docs/contract.md section 2)."""

CONFIG = """
upstreams:
  a: { url: "${URL}", timeout: 800ms, retry: off }
  narrow: { url: "${URL}", timeout: 800ms, retry: off, bulkhead: { slots: 2, waiting: 0 } }
  again: { url: "${URL}", timeout: 800ms, retry: { attempts: 2, backoff: 1ms }, budget: off }
routes:
  GET /each: { steps: { l: { get: a/list }, x: { for_each: "{l.items}", get: "a/i/{item.id}" } } }
  GET /few:
    steps:
      l: { get: a/list }
      x: { for_each: { of: "{l.items}", concurrency: 3 }, get: "a/i/{item.id}" }
  GET /all:
    steps:
      l: { get: a/list }
      x: { for_each: { of: "{l.items}", items: required }, get: "a/i/{item.id}", required: true }
  GET /backed:
    steps: { l: { get: a/list }, x: { for_each: "{l.items}", get: "a/i/{item.id}", fallback: [] } }
  GET /narrow: { steps: { l: { get: a/list }, x: { for_each: "{l.items}", get: "narrow/i/{item.id}" } } }
  GET /again: { steps: { l: { get: a/list }, x: { for_each: "{l.items}", get: "again/i/{item.id}" } } }
  GET /short:
    time_limit: 300ms
    steps: { l: { get: a/list }, x: { for_each: { of: "{l.items}", concurrency: 2 }, get: "a/i/{item.id}" } }
  GET /cached:
    steps: { l: { get: a/list }, x: { for_each: "{l.items}", get: "a/i/{item.id}", cache: { ttl: 1m } } }
  GET /several: { steps: { x: { for_each: { of: "{query.ids[]:int}", max_items: 3 }, get: "a/i/{item}" } } }
  POST /several: { steps: { x: { for_each: { of: "{body.ids}", max_items: 3 }, get: "a/i/{item}" } } }
  GET /soft: { steps: { l: { get: a/list }, x: { for_each: "{l.none | []}", get: "a/i/{item}" } } }
  GET /hard: { steps: { l: { get: a/list }, x: { for_each: "{l.none}", get: "a/i/{item}" } } }
  GET /twice:
    steps:
      l: { get: a/list }
      x: { for_each: "{l.items}", get: "a/i/{item.id}" }
      y: { for_each: "{l.items}", get: "a/i/{item.id}" }
  GET /nested:
    steps:
      l: { get: a/list }
      x: { for_each: "{l.items}", get: "a/i/{item.id}" }
      y: { for_each: "{x}", get: "a/owner/{item.owner}" }
  POST /sent:
    time_limit: 300ms
    steps:
      x:
        for_each: { of: "{body.ids}", concurrency: 2 }
        post: "a/i/{item}"
        json: "{item}"
        timeout: 290ms
      y: { get: a/list }
"""


def listed(count):
    return {"items": [{"id": number} for number in range(count)]}


def items(count, **others):
    """A site with a list of *count* items and a page for each."""
    pages = {f"/i/{number}": {"n": number, "owner": number % 2} for number in range(count)}
    return Site({"/list": listed(count), **pages, **{f"/{path}": page for path, page in others.items()}})


class Counting(Site):
    """Each page but the list comes after *delay*; ``peak`` is how many were asked for at once."""

    def __init__(self, count, delay):
        super().__init__({"/list": listed(count)})
        self.delay = delay
        self.under_way = self.peak = 0

    async def __call__(self, peer):
        while True:
            request = Asked(await peer.request())
            self.asked.append(request)
            if request.path == "/list":
                await peer.send(replying(self.pages["/list"]))
                continue
            self.under_way += 1
            self.peak = max(self.peak, self.under_way)
            await asyncio.sleep(self.delay)
            self.under_way -= 1
            await peer.send(replying({"n": int(request.path.rpartition("/")[2])}))


def at(script):
    return serving(CONFIG, URL=script)


def now():
    return asyncio.get_running_loop().time()


async def test_every_item_is_asked_for_and_the_answers_stand_in_its_order():
    async with at(items(50)) as served:
        answer = await served.get("/each")

    assert answer.json["x"] == [{"n": number, "owner": number % 2} for number in range(50)]
    assert "gateway-degraded" not in answer.headers


async def test_list_is_one_entry_of_the_timing_however_long_it_is():
    async with at(items(100)) as served:
        answer = await served.get("/each")

    assert [part.partition(";")[0] for part in answer.headers["server-timing"].split(", ")] == [
        "l",
        "x",
        "trace",
    ]


async def test_no_more_items_than_the_bound_are_asked_for_at_once():
    async with at(site := Counting(12, 0.02)) as served:
        await served.get("/few")
        few = site.peak
        await served.get("/each")

    assert (few, site.peak) == (3, 10)


async def test_missing_items_are_null_and_named_in_header_and_body():
    site = items(4, **{"i/1": (500, {}), "i/3": (404, {})})
    async with at(site) as served:
        answer = await served.get("/each")

    assert [item and item["n"] for item in answer.json["x"]] == [0, None, 2, None]
    assert answer.headers["gateway-degraded"] == "x;cause=failed;served=partial;items=4;failed=2"
    assert answer.json["degraded"] == {
        "x": {
            "cause": "failed",
            "served": "partial",
            "items": 4,
            "failed": 2,
            "causes": {"failed": [1], "rejected": [3]},
        }
    }


async def test_list_without_any_answer_is_as_one_call_that_failed():
    async with at(items(2, **{"i/0": (500, {}), "i/1": (404, {})})) as served:
        plain, backed = await served.get("/each"), await served.get("/backed")

    assert plain.json["degraded"] == {"x": {"cause": "failed", "served": "nothing"}}
    assert (backed.json["x"], backed.json["degraded"]["x"]["served"]) == ([], "fallback")


async def test_list_that_needs_every_item_fails_with_the_item_that_failed():
    async with at(items(3, **{"i/1": (404, {})})) as served:
        answer = await served.get("/all")

    assert (answer.status, answer.json["cause"], answer.json["step"]) == (404, "rejected", "x")


async def test_client_that_sends_too_many_items_is_told_and_nothing_is_asked():
    async with at(site := items(9)) as served:
        fits = await served.get("/several?ids=1&ids=2")
        query = await served.get("/several?ids=1&ids=2&ids=3&ids=4")
        body = await served.ask("/several", "POST", {"ids": [1, 2, 3, 4]})
        none = await served.ask("/several", "POST", {"ids": None})

    assert [item["n"] for item in fits.json["x"]] == [1, 2]
    assert (query.status, query.json["detail"]) == (400, "query.ids has more than 3 items")
    assert (body.status, body.json["detail"]) == (400, "body.ids has more than 3 items")
    assert (none.status, none.json["detail"]) == (400, "body.ids is missing")
    assert len(site.asked) == 2


async def test_list_of_an_upstream_that_is_too_long_is_too_large():
    async with at(site := items(101)) as served:
        answer = await served.get("/each")

    assert answer.json["degraded"] == {"x": {"cause": "too_large", "served": "nothing"}}
    assert site.paths == ["/list"]


async def test_list_that_is_not_there_skips_its_step_unless_there_is_a_default():
    async with at(items(1)) as served:
        soft, hard = await served.get("/soft"), await served.get("/hard")

    assert (soft.json["x"], "gateway-degraded" in soft.headers) == ([], False)
    assert hard.json["degraded"] == {"x": {"cause": "skipped", "served": "nothing"}}


async def test_answers_of_a_list_can_be_a_list_again_and_equal_items_are_asked_once():
    async with at(site := items(6, **{"owner/0": {"o": 0}, "owner/1": {"o": 1}})) as served:
        answer = await served.get("/nested")

    assert [owner["o"] for owner in answer.json["y"]] == [0, 1, 0, 1, 0, 1]
    assert len([path for path in site.paths if path.startswith("/owner")]) == 2


async def test_lists_of_one_request_that_ask_the_same_ask_it_once():
    async with at(site := items(5)) as served:
        answer = await served.get("/twice")

    assert answer.json["x"] == answer.json["y"]
    assert len(site.asked) == 6


async def test_what_came_in_time_is_served_when_the_time_is_over():
    async with at(items(4, **{"i/1": hanging})) as served:
        began = now()
        answer = await served.get("/short")
        assert now() - began < 0.3 + LATE

    assert [item and item["n"] for item in answer.json["x"]] == [0, None, 2, 3]
    assert answer.json["degraded"]["x"]["causes"] == {"timeout": [1]}


async def test_client_that_leaves_ends_every_item():
    async with at(site := Counting(10, 5.0)) as served:
        async with served.client() as client:
            client.send("GET", "/each")
            await eventually(lambda: site.under_way == 10)
        await served.idle(0.1 + LATE)


async def test_sent_items_that_may_not_be_repeated_go_on_and_no_other_begins():
    site = Site({f"/i/{number}": after(0.1, replying({"n": number})) for number in range(6)})
    async with at(site) as served:
        async with served.client() as client:
            client.send("POST", "/sent", {"ids": list(range(6))})
            await eventually(lambda: len(site.asked) == 3)
        await eventually(lambda: len(served.gateway._background) == 2)
        await served.idle(1.0)

    assert [asked.method for asked in site.asked if asked.path.startswith("/i/")] == ["POST", "POST"]


async def test_items_take_slots_like_any_other_call():
    async with at(items(6, **{f"i/{n}": after(0.05, replying({"n": n})) for n in range(6)})) as served:
        answer = await served.get("/narrow")

    assert answer.json["degraded"]["x"]["failed"] == 4
    assert list(answer.json["degraded"]["x"]["causes"]) == ["bulkhead_full"]


async def test_breaker_sees_every_item():
    async with at(items(50, **{f"i/{number}": (500, {}) for number in range(1, 50)})) as served:
        answer = await served.get("/few")
        assert served.gateway.upstreams["a"].circuit().state == "open"

    assert set(answer.json["degraded"]["x"]["causes"]) == {"failed", "circuit_open"}


async def test_item_that_failed_is_tried_again():
    answers = iter([(503, {}), {"n": 1}])

    async def flaky(peer):
        await Site()._reply(peer, next(answers))

    async with at(site := items(3, **{"i/1": flaky})) as served:
        answer = await served.get("/again")

    assert [item["n"] for item in answer.json["x"]] == [0, 1, 2]
    assert site.paths.count("/i/1") == 2


async def test_copies_are_kept_by_item():
    site = items(4)
    async with at(site) as served:
        await served.get("/cached")
        site.pages["/list"] = listed(5)
        site.pages["/i/4"] = {"n": 4}
        site.asked.clear()
        answer = await served.get("/cached")

    assert [item["n"] for item in answer.json["x"]] == [0, 1, 2, 3, 4]
    assert site.paths == ["/list", "/i/4"]


async def test_list_is_counted_as_one_call_and_each_item_as_an_attempt():
    async with at(items(3, **{"i/1": (500, {})})) as served:
        await served.get("/each")
        lines = served.gateway.metrics.exposition()[0].decode().splitlines()

    assert 'gateway_calls_total{route="GET /each",step="x",served="partial",cause="failed"} 1' in lines
    assert 'gateway_attempts_total{upstream="a",cause="none"} 3' in lines


@pytest.mark.parametrize("round_", range(5))
async def test_whatever_becomes_of_items_the_answer_is_whole_json_and_nothing_is_left(round_):
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    numbers = random.Random(seed)
    pages = [
        lambda n: {"n": n},
        lambda n: after(numbers.uniform(0.0, 0.05), replying({"n": n})),
        lambda n: (500, {}),
        lambda n: b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{bad}",
        lambda n: hanging,
    ]
    count = numbers.randrange(1, 40)
    odd = {f"i/{n}": numbers.choices(pages, [5, 3, 1, 1, 0.2])[0](n) for n in range(count)}
    async with at(items(count, **odd)) as served:
        target = numbers.choice(["/each", "/few", "/short"])
        answer = await served.get(target)

    assert answer.status == 200
    found = answer.json["x"]
    assert found is None or [item["n"] for item in found if item] == [
        n for n, item in enumerate(found) if item
    ]


async def test_every_attempt_of_a_list_is_a_part_of_its_one_step(monkeypatch):
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        config = "telemetry: { traces: { ratio: 1 } }\n" + CONFIG
        async with serving(config, URL=items(5, **{"i/1": (500, {})})) as served:
            await served.get("/each")

        (step,) = collector.by(name="step x")
        attempts = [span for span in collector.by(kind="client") if span.parent_id == step.span_id]
    assert (len(attempts), step.attributes["gateway.freshness"]) == (5, "partial")
    assert [span.error for span in attempts].count(True) == 1
