"""Layers in any combination: what answers is answered, what fails is named, and nothing is left held."""

import asyncio
import itertools
import random

import pytest

from tests.support.gateways import Site, after, replying, resetting, serving

pytestmark = pytest.mark.slow

SETTINGS = {
    "addresses": [
        'url: "${URL}"',
        'urls: ["${URL}", "${OTHER}"]',
        'urls: ["${URL}", "${OTHER}"], balance: off',
    ],
    "transport": ["transport: h1", "transport: httpx", "compression: on"],
    "breaker": [
        "breaker: on",
        "breaker: off",
        "breaker: { consecutive: 3, open_for: 50ms, max_open_for: 50ms }",
    ],
    "bulkhead": ["bulkhead: on", "bulkhead: off", "bulkhead: { slots: adaptive }", "bulkhead: { slots: 2 }"],
    "retry": ["retry: on", "retry: off", "retry: { attempts: 4, backoff: 1ms }"],
    "hedge": ["hedge: off", "hedge: { after: 10ms }", "hedge: on"],
    "budget": ["budget: on", "budget: off"],
    "warm": ["warm: off", "warm: { connections: 0 }"],
}
STEP = {
    "cache": [
        "cache: off",
        "cache: { ttl: 1ms, stale_while_revalidate: 1m }",
        "cache: { ttl: 1ms, stale_if_error: 1m }",
    ],
    "coalesce": ["coalesce: off", "coalesce: on"],
    "fallback": ["required: false", "fallback: nothing"],
    "nothing_on": ["nothing_on: off", "nothing_on: [404]"],
}


def every_pair(dimensions, chance):
    """Combinations in which every value of one dimension meets every value of each other one."""
    names = list(dimensions)
    wanted = {
        (a, x, b, y)
        for a, b in itertools.combinations(names, 2)
        for x in dimensions[a]
        for y in dimensions[b]
    }
    while wanted:
        tries = [{name: chance.choice(dimensions[name]) for name in names} for _ in range(30)]
        best = max(tries, key=lambda each: len(pairs(each) & wanted))
        if pairs(best) & wanted:
            wanted -= pairs(best)
            yield best


def pairs(combination):
    return {(a, x, b, y) for (a, x), (b, y) in itertools.combinations(combination.items(), 2)}


def configuration(chosen):
    upstream = ", ".join(value for name, value in chosen.items() if name in SETTINGS)
    if chosen["bulkhead"] == "bulkhead: off":
        upstream = upstream.replace("warm: { connections: 0 }", "warm: off")
    step = ", ".join(value for name, value in chosen.items() if name in STEP)
    return f"""
server: {{ access_log: off }}
upstreams: {{ a: {{ timeout: 1s, {upstream} }} }}
routes:
  GET /well: {{ steps: {{ x: {{ get: a/well, {step} }}, y: {{ get: a/well }} }} }}
  GET /ill:
    time_limit: 800ms
    steps: {{ x: {{ get: "a/ill/{{query.n}}", {step} }}, y: {{ get: a/well }} }}
"""


COMBINATIONS = list(every_pair({**SETTINGS, **STEP}, random.Random(20261121)))


@pytest.mark.parametrize("chosen", COMBINATIONS, ids=map(str, range(len(COMBINATIONS))))
async def test_layers_in_any_combination_answer_and_leave_nothing_behind(chosen):
    pages = {
        "/well": after(0.005, replying("1")),
        "/ill/1": (500, ""),
        "/ill/2": after(3.0, replying("1")),
        "/ill/3": resetting,
        "/ill/4": (404, ""),
        "/ill/5": replying("{"),
    }
    async with serving(configuration(chosen), URL=Site(pages), OTHER=Site(pages)) as served:
        for _ in range(2):
            answers = await asyncio.gather(*(served.get("/well") for _ in range(4)))
            assert [answer.json for answer in answers] == [{"x": 1, "y": 1}] * 4
        ill = await asyncio.gather(*(served.get(f"/ill?n={n}") for n in (1, 2, 3, 4, 5)))
        assert {answer.status for answer in ill} <= {200, 502, 503, 504}
        # With two slots the healthy step may wait too long behind those that hang.
        if chosen["bulkhead"] != "bulkhead: { slots: 2 }" and "consecutive" not in chosen["breaker"]:
            assert [answer.json["y"] for answer in ill] == [1] * 5
