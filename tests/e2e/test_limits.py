"""docs/contract.md section 5: sizes, bytes held at once, timeouts that do not fit, faults of a file."""

import asyncio

import pytest

from gateway.config import ConfigError
from tests.support.gateways import Site, after, eventually, gateway_of, hanging, replying, serving

CONFIG = """
server: { max_buffered: 100KiB }
upstreams: { a: { url: "${URL}", timeout: 400ms, max_response: 80KiB, breaker: off } }
routes:
  GET /two: { steps: { x: { get: a/x }, y: { get: a/y } } }
  GET /one: { steps: { x: { get: a/x } } }
  POST /body: { max_body: 90KiB, steps: { x: { post: a/x, json: "{body}" } } }
  POST /order: { time_limit: 300ms, steps: { x: { post: a/x, timeout: 250ms } } }
"""

BIG = replying(b'"' + b"x" * 60_000 + b'"')


def drip(size, pause):
    """An answer of *size* bytes, the second half of it only after *pause* seconds."""

    async def dripping(peer):
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + b'"' + b"x" * (size // 2))
        await asyncio.sleep(pause)
        await peer.send(b"x" * (size - size // 2 - 2) + b'"')

    return dripping


@pytest.mark.parametrize(("size", "cause"), [(81_920, None), (81_921, "too_large")])
async def test_an_answer_may_be_as_large_as_max_response(size, cause):
    page = replying(b'"' + b"x" * (size - 2) + b'"')
    async with serving(CONFIG, URL=Site({"/x": page})) as served:
        answer = await served.get("/one")
    assert answer.json.get("cause") == cause
    assert answer.status == (502 if cause else 200)


async def test_a_call_is_refused_when_all_bodies_together_would_be_too_much():
    site = Site({"/x": drip(70_000, 0.1), "/y": after(0.05, BIG)})
    async with serving(CONFIG, URL=site) as served:
        answer = await served.get("/two")
        assert answer.headers["gateway-degraded"] == "x;cause=bulkhead_full;served=nothing"  # its second half
        await served.idle()
        answer = await served.get("/one")
        assert answer.status == 200


async def test_a_call_is_not_even_begun_while_everything_is_taken():
    config = CONFIG.replace("100KiB", "60KiB").replace("max_response: 80KiB", "max_response: 60KiB")
    site = Site({"/x": drip(61_440, 0.2), "/y": 1})
    async with serving(config, URL=site) as served, served.client() as first:
        served.gateway._buffered.take(61_440)
        answer = await served.get("/one")
        served.gateway._buffered.give(61_440)
        assert (answer.status, answer.json["cause"]) == (503, "bulkhead_full")
        assert answer.headers["retry-after"] == "1"
        assert site.asked == []
        first.send("GET", "/one")
        assert (await first.answer()).status == 200


async def test_a_body_is_refused_when_there_is_no_room_for_it():
    async with serving(CONFIG, URL=Site({"/x": hanging})) as served, served.client() as first:
        first.send("POST", "/body", "x" * 60_000)
        await eventually(lambda: served.held().get("buffered", 0) > 60_000)
        answer = await served.ask("/body", "POST", "x" * 60_000)
        assert (answer.status, answer.json["cause"]) == (503, "bulkhead_full")
        assert (await first.answer()).status == 504
        await served.idle()


@pytest.mark.parametrize(
    "page",
    [
        BIG,
        drip(40_000, 0.02),
        drip(40_000, 1.0),
        replying(b"x" * 40_000),
        replying(b"{}" * 20_000, 500),
        replying(b"{}" * 20_000, 404),
        b"HTTP/1.1 200 OK\r\ncontent-length: 50000\r\n\r\n" + b"x" * 40_000,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 90_000,
    ],
)
async def test_every_byte_is_given_back_however_a_call_ends(page):
    async with serving(CONFIG, URL=Site({"/x": page, "/y": BIG})) as served:
        await served.get("/two")
        await served.idle()
        await served.ask("/body", "POST", "x" * 1000)
        await served.idle()


async def test_every_byte_is_given_back_when_the_client_leaves():
    async with serving(CONFIG, URL=Site({"/x": drip(40_000, 0.35), "/y": BIG})) as served:
        for method, target in (("GET", "/two"), ("POST", "/body")):
            async with served.client() as client:
                client.send(method, target, None if method == "GET" else "x" * 5000)
                await eventually(lambda: served.held().get("buffered", 0) >= 20_000)
            await served.idle()


async def test_every_byte_is_given_back_when_a_detached_call_ends():
    async with serving(CONFIG, URL=Site({"/x": drip(40_000, 0.15)})) as served:
        answer = await served.ask("/order", "POST", headers=[("x-request-timeout-ms", "50")])
        assert answer.json["cause"] == "out_of_time"
        assert served.held()["buffered"] >= 20_000
        await served.idle()


SHORTENED = """
upstreams: { a: { url: http://127.0.0.1:1, timeout: 5s } }
routes:
  GET /short: { time_limit: 500ms, steps: { x: { get: a/x } } }
  GET /long: { time_limit: 6s, steps: { x: { get: a/x } } }
"""


async def test_a_timeout_that_does_not_fit_is_80_percent_of_the_limit_and_explain_says_so():
    gateway = gateway_of(SHORTENED)
    assert "400 ms (cut to fit the time limit)" in gateway.explain("GET /short")
    assert "cut to fit" not in gateway.explain("GET /long")
    config = SHORTENED.replace("http://127.0.0.1:1,", '"${URL}", retry: off,')
    async with serving(config, URL=Site({"/x": hanging})) as served:
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer = await served.get("/short")
        assert 0.35 < loop.time() - began < 0.4 + 0.25
    assert answer.json["cause"] == "timeout"


async def test_explain_says_which_steps_are_required_and_why():
    text = gateway_of("""
upstreams: { a: { url: http://127.0.0.1:1 } }
routes:
  GET /only: { steps: { x: { get: a/x } } }
  GET /said: { steps: { x: { get: a/x, required: true }, y: { get: a/y } } }
""")
    assert "required (the route's only step);" in text.explain("GET /only")
    assert "required (it says so);" in text.explain("GET /said")
    assert "\n      optional" in text.explain("GET /said")


@pytest.mark.parametrize(
    ("was", "wrong", "words"),
    [
        ("{ get: a/x }", "{ get: a/x, timeout: 6s }", "below the route's time limit"),
        ("{ get: a/x }", "{ get: /x }", "upstream/path"),
        ("{ get: a/x }", "{ get: http://h/x }", "upstream"),
        ("{ get: a/x }", "{ get: a/x, when: on }", "expected a value"),
        ("{ get: a/x }", "{ get: a/x, headers: { host: x } }", "host"),
        ("{ get: a/x }", '{ get: "a/x/{y}" }', "y"),
        ("GET /short", "GET /health/x", "/health"),
        ("GET /short", "GET /openapi.json", "openapi"),
        ("GET /short", "GET /docs", "docs"),
        ("GET /short", "GET /long", "GET /long"),
        ("http://127.0.0.1:1", "http://u:p@h/", "user"),
        ("http://127.0.0.1:1", '"http://h/?q=1"', "query"),
        ("timeout: 5s", "timeout: 5", "5"),
        ("time_limit: 6s", "time_limit: 6s, respond: { degraded: 1 }", "degraded"),
    ],
)
async def test_what_cannot_be_meant_is_a_fault_with_its_place(was, wrong, words):
    with pytest.raises(ConfigError) as told:
        gateway_of(SHORTENED.replace(was, wrong, 1))
    assert "gateway.yaml:" in str(told.value)
    assert "^" in str(told.value)
    assert words in str(told.value)


async def test_two_routes_of_the_same_shape_are_a_fault_with_both_places():
    config = SHORTENED.replace("GET /short", "GET /{a}/x").replace("GET /long", "GET /{b}/x")
    with pytest.raises(ConfigError) as told:
        gateway_of(config)
    assert "see also" in str(told.value)
