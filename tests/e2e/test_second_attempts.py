"""docs/contract.md section 5: what is tried again without being asked for, what is not, and what it costs."""

import asyncio
import re

import pytest

from tests.support.gateways import Site, after, hanging, listening, replying, serving

ROUTES = """
routes:
  GET /x: { time_limit: 1s, steps: { x: { get: a/x } }, respond: "{x}" }
  GET /off: { steps: { x: { get: a/x, retry: off } } }
  POST /x: { steps: { x: { post: a/x, json: 1 } } }
  PUT /x: { steps: { x: { put: a/x, json: "{body}" } }, respond: "{x}" }
"""
PLAIN = 'upstreams: { a: { url: "${URL}" } }' + ROUTES


class Failing:
    """Answers 503 so many times, then 200."""

    def __init__(self, times, status=503):
        self.left, self.status, self.asked = times, status, 0

    async def __call__(self, peer):
        self.asked += 1
        self.left -= 1
        await peer.send(replying("{}", self.status) if self.left >= 0 else replying("7"))


def metric(text, name, **labels):
    """The value of one line of the exposition."""
    found = [
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith(name + "{") and all(f'{key}="{value}"' in line for key, value in labels.items())
    ]
    return sum(found)


async def test_failure_is_tried_again_without_being_asked_for():
    page = Failing(1)
    async with serving(PLAIN, URL=Site({"/x": page})) as served:
        answer = await served.get("/x")
        text = served.gateway.metrics.exposition()[0].decode()

    assert (answer.status, answer.json) == (200, 7)
    assert page.asked == 2
    assert metric(text, "gateway_extra_attempts_total", kind="retry", result="won") == 1
    assert metric(text, "gateway_attempts_total", cause="failed") == 1


@pytest.mark.parametrize(("method", "target"), [("GET", "/off"), ("POST", "/x")])
async def test_what_says_off_or_may_not_be_repeated_is_sent_once(method, target):
    page = Failing(1)
    async with serving(PLAIN, URL=Site({"/x": page})) as served:
        answer = await served.ask(target, method)

    assert (answer.status, page.asked) == (502, 1)


async def test_repeatable_call_with_a_body_is_sent_again_with_it():
    page = Failing(1)
    site = Site({"/x": page})
    async with serving(PLAIN, URL=site) as served:
        answer = await served.ask("/x", "PUT", {"n": [1, 2]})

    assert answer.json == 7
    assert [asked.json for asked in site.asked] == [{"n": [1, 2]}] * 2


async def test_each_attempt_has_a_parent_id_of_its_own_and_less_time():
    site = Site({"/x": Failing(1)})
    async with serving(PLAIN, URL=site) as served:
        await served.get("/x")
    first, second = (asked.headers for asked in site.asked)

    assert first["x-request-id"] == second["x-request-id"]
    assert first["traceparent"] != second["traceparent"]
    assert int(second["x-request-timeout-ms"]) <= int(first["x-request-timeout-ms"])


async def test_total_outage_costs_a_tenth_more_calls():
    page = Failing(10**6)
    config = PLAIN.replace('"${URL}"', '"${URL}", breaker: off, budget: { ratio: 0.1, per_second: 0 }')
    async with serving(config, URL=Site({"/x": page})) as served, served.client() as client:
        for _ in range(100):
            client.send("GET", "/x")
            assert (await client.answer()).status == 502

    assert 100 < page.asked <= 110


async def test_hedge_answers_in_place_of_a_call_that_hangs():
    site = Site()
    pages = iter([hanging, after(0.0, replying("7"))])

    async def page(peer):
        await next(pages)(peer)

    site.pages["/x"] = page
    config = PLAIN.replace('"${URL}"', '"${URL}", retry: off, hedge: { after: 50ms }')
    async with serving(config, URL=site) as served:
        began = asyncio.get_running_loop().time()
        answer = await served.get("/x")
        took = asyncio.get_running_loop().time() - began
        text = served.gateway.metrics.exposition()[0].decode()

    assert answer.json == 7
    assert took < 0.5
    assert metric(text, "gateway_extra_attempts_total", kind="hedge", result="won") == 1


SEVERAL = (
    """
upstreams:
  a:
    urls: ["${URL}", "${OTHER}"]
    breaker: { consecutive: 1, open_for: 1m }
    retry: { attempts: 3 }
    budget: off
"""
    + ROUTES
)


async def test_upstream_of_which_one_address_is_down_is_well_and_tells_which():
    async with serving(SEVERAL, URL=Site({"/x": (500, "")}), OTHER=Site({"/x": 7})) as served:
        for _ in range(10):
            assert (await served.get("/x")).json == 7
        assert (await served.get("/health")).json == {"status": "healthy", "upstreams": {"a": "closed"}}
        async with listening(served.gateway.admin) as admin:
            details = (await admin.get("/upstreams/a")).json
            text = (await admin.get("/metrics")).body.decode()

    assert [each["breaker"]["state"] for each in details["addresses"]] == ["open", "closed"]
    assert metric(text, "gateway_address_state", state="open") == 1
    assert metric(text, "gateway_breaker_transitions_total", upstream="a", new="open") == 1


async def test_upstream_of_which_every_address_is_down_is_open():
    async with serving(SEVERAL, URL=Site({"/x": (500, "")}), OTHER=Site({"/x": (500, "")})) as served:
        for _ in range(4):
            await served.get("/x")
        assert (await served.get("/health")).json["upstreams"] == {"a": "open"}
        answer = await served.get("/x")

    assert answer.json["cause"] == "circuit_open"
    assert re.fullmatch("[1-9][0-9]*", answer.headers["retry-after"])
