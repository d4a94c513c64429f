"""Thousands of requests with faults and clients that leave, and nothing of them is left afterwards."""

import asyncio
import gc
import json
import random
import warnings

import pytest

from gateway.call import Call
from gateway.plan.execute import Run
from tests.support.gateways import Site, after, hanging, replying, resetting, serving
from tests.support.seeded import seeded

__all__ = ["seeded"]

CONFIG = """
server: { max_buffered: 2MiB, access_log: off }
upstreams:
  a:
    url: "${A}"
    timeout: 60ms
    transport: @
    max_response: 20KiB
    breaker: { minimum_throughput: 50, open_for: 50ms, max_open_for: 50ms }
    bulkhead: { slots: 20, waiting: 20, max_wait: 30ms }
  b: { url: "${B}", timeout: 60ms, breaker: off }
routes:
  GET /two/{id:int}:
    time_limit: 150ms
    steps: { x: { get: "a/{query.x}" }, y: { get: b/ok, required: true } }
  GET /chain:
    time_limit: 150ms
    steps: { x: { get: "b/{query.x}" }, y: { get: "a/ok/{x.n}" }, z: { get: b/ok } }
  POST /order:
    time_limit: 100ms
    steps:
      x: { post: "a/{query.x}", json: "{body}", timeout: 90ms }
      y: { get: "b/{query.x}", required: true }
  GET /stand/in: { steps: { x: { get: "a/{query.x}", fallback: [] } } }
"""


async def truncating(peer):
    await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
    await resetting(peer)


PAGES = {
    "/ok": {"n": 7},
    "/ok/7": {"n": 8},
    "/slow": after(0.03, replying('{"n": 7}')),
    "/hang": hanging,
    "/reset": resetting,
    "/truncate": truncating,
    "/500": (500, ""),
    "/429": (429, "", "retry-after: 1"),
    "/404": (404, ""),
    "/text": (200, "text"),
    "/large": replying(b'"' + b"x" * 30_000 + b'"'),
    "/fitting": replying(b'"' + b"x" * 18_000 + b'"'),
    "/http": b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
}
USUAL = ["/ok"] * 6 + ["/slow"] * 2


async def one(served, random_, seen):
    """One random request on a connection of its own, which the client may leave at any time."""
    name = random_.choice([*PAGES, *USUAL]).removeprefix("/")
    kind = random_.randrange(6)
    method, target, body = [
        ("GET", f"/two/{random_.randrange(99)}?x={name}", None),
        ("GET", f"/chain?x={name}", None),
        ("POST", f"/order?x={name}", {"text": "x" * random_.randrange(5000)}),
        ("GET", f"/stand/in?x={name}", None),
        ("GET", f"/two/x?x={name}", None),
        ("HEAD", f"/chain?x={name}", None),
    ][kind]
    headers = [("x-request-timeout-ms", str(random_.randrange(1, 120)))] if random_.random() < 0.2 else []
    async with served.client() as client:
        client.send(method, target, body, headers)
        if random_.random() < 0.25:
            await asyncio.sleep(random_.random() * 0.12)
            client.writer.transport.abort()
            seen["left"] = seen.get("left", 0) + 1
            return
        answer = await client.answer(head_only=method == "HEAD")
    if answer.body:
        json.loads(answer.body)
    seen[answer.status] = seen.get(answer.status, 0) + 1


@pytest.mark.parametrize("transport", ["h1", "httpx"])
async def test_m5_after_thousands_of_mixed_requests_nothing_is_left(seeded, transport):
    numbers = [random.Random(seeded.random()) for _ in range(25)]
    before = asyncio.all_tasks()
    seen = {}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        async with serving(CONFIG.replace("@", transport), A=Site(PAGES), B=Site(PAGES)) as served:

            async def client(random_):
                for _ in range(2000 // len(numbers) if transport == "h1" else 20):
                    await one(served, random_, seen)

            async with asyncio.timeout(40):
                await asyncio.gather(*map(client, numbers))
            await served.idle()
            for upstream in served.gateway.upstreams.values():
                assert upstream.client.state().waiting == 0
            assert (await served.get("/stand/in?x=ok")).status == 200
        gc.collect()
    assert asyncio.all_tasks() <= before
    assert not [str(warning.message) for warning in warned if "never" in str(warning.message)]
    alive = [each for each in gc.get_objects() if isinstance(each, (Call, Run))]
    assert alive == []
    print(dict(sorted(seen.items(), key=str)))
    assert {200, 400, 502, "left"} <= set(seen)


@pytest.mark.parametrize(
    "target", ["/two/1?x=ok", "/chain?x=ok", "/two/1?x=404", "/two/x?x=ok", "/stand/in?x=500", "/nowhere"]
)
async def test_a_request_is_freed_by_counting_alone(target):
    config = CONFIG.replace("@", "h1")
    async with serving(config, A=Site(PAGES), B=Site(PAGES)) as served, served.client() as client:

        async def ask(times):
            for _ in range(times):
                client.send("GET", target)
                await client.answer()

        await ask(20)
        gc.collect()
        gc.disable()
        try:
            await ask(100)
            gc.set_debug(gc.DEBUG_SAVEALL)
            gc.collect()
            ours = [each for each in gc.garbage if type(each).__module__.startswith("gateway")]
            found = [type(each).__qualname__ for each in gc.garbage]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    assert ours == []
    assert len(found) < 50, found  # of the test's own making, not one for each request
