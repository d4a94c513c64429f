"""docs/contract.md section 2: the time limit, clients that leave, and calls that must not be cut."""

import asyncio

import pytest

from tests.support.gateways import Site, after, eventually, hanging, replying, serving

LATE = 0.25
"""Seconds that CI may be late (docs/contract.md section 2)."""

CONFIG = """
upstreams: { a: { url: "${URL}", timeout: 900ms } }
routes:
  GET /slow: { time_limit: 200ms, steps: { x: { get: a/x }, y: { get: a/y } } }
  GET /patient: { time_limit: 5s, steps: { x: { get: a/x }, y: { get: a/y } } }
  GET /in/turn: { time_limit: 5s, steps: { x: { get: a/x }, y: { get: "a/y/{x.id}" } } }
  POST /order:
    time_limit: 300ms
    steps:
      order: { post: a/order, json: { n: 1 }, timeout: 250ms, fallback: unknown }
      after: { get: "a/after/{order.id}" }
  POST /long:
    time_limit: 5s
    steps:
      order: { post: a/order, json: { n: 1 } }
      after: { get: "a/after/{order.id}" }
  POST /checked:
    time_limit: 5s
    steps: { order: { post: a/order, json: 1 }, check: { get: a/x, required: true } }
  POST /body: { time_limit: 600ms, steps: { x: { post: a/order, json: "{body}" } } }
"""


def now():
    return asyncio.get_running_loop().time()


async def test_the_time_limit_bounds_the_answer():
    async with serving(CONFIG, URL=Site({"/x": hanging, "/y": hanging})) as served:
        began = now()
        answer = await served.get("/slow")
        assert 0.15 <= now() - began < 0.2 + LATE
    assert (answer.status, answer.json["cause"]) == (504, "timeout")  # 80 % of the limit came first


async def test_what_was_answered_in_time_is_served_when_the_time_is_over():
    async with serving(CONFIG, URL=Site({"/x": hanging, "/y": 7})) as served:
        began = now()
        answer = await served.get("/patient", ("x-request-timeout-ms", "150"))
        assert now() - began < 0.15 + LATE
    assert (answer.status, answer.json["y"]) == (200, 7)
    assert answer.headers["gateway-degraded"] == "x;cause=out_of_time;served=nothing"


@pytest.mark.parametrize("faulty", ["-1", "0", "1.5", "soon", "", "99999999999"])
async def test_d7_a_faulty_time_of_the_client_is_ignored_and_a_longer_one_does_not_count(faulty):
    async with serving(CONFIG, URL=Site({"/x": 1, "/y": after(0.05, replying("2"))})) as served:
        answer = await served.get("/slow", ("x-request-timeout-ms", faulty))
    assert answer.json == {"x": 1, "y": 2}


async def test_nothing_starts_with_too_little_time_left():
    config = """
upstreams: { a: { url: "${URL}" } }
routes:
  GET /chain: { time_limit: 2s, steps: { x: { get: a/x }, y: { get: "a/y?n={x.n}" } } }
"""
    site = Site({"/x": after(0.385, replying('{"n":1}'))})
    async with serving(config, URL=site) as served:
        answer = await served.get("/chain", ("x-request-timeout-ms", "400"))
    assert site.paths == ["/x"]
    assert answer.headers["gateway-degraded"] == "y;cause=out_of_time;served=nothing"


async def test_the_time_a_body_takes_counts():
    async with serving(CONFIG, URL=Site({"/order": hanging})) as served, served.client() as client:
        began = now()
        head = (
            b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n"
        )
        client.send_raw(head + b"{")
        await asyncio.sleep(0.3)
        client.send_raw(b"}")
        answer = await client.answer()
        assert now() - began < 0.6 + 0.15
        assert (answer.status, answer.json["cause"]) == (504, "out_of_time")
        await served.idle()


async def test_a_client_that_leaves_ends_its_calls_and_starts_no_further_step():
    left = asyncio.Event()

    async def noting(peer):
        await peer.eof()
        left.set()
        raise ConnectionError

    site = Site({"/x": noting})
    async with serving(CONFIG, URL=site) as served:
        async with served.client() as client:
            client.send("GET", "/in/turn")
            await eventually(lambda: site.asked)
        began = now()
        async with asyncio.timeout(1):
            await left.wait()
        assert now() - began < 0.1 + LATE
        await served.idle()
    assert site.paths == ["/x"]


async def test_a_client_that_only_stops_sending_gets_its_answer():
    async with (
        serving(CONFIG, URL=Site({"/x": after(0.1, replying("1"))})) as served,
        served.client() as client,
    ):
        client.send("GET", "/patient", headers=[("connection", "close")])
        assert (await client.answer()).status == 200


async def test_a_call_not_sent_yet_ends_with_its_client():
    config = CONFIG.replace("timeout: 900ms", "timeout: 4s, bulkhead: { slots: 1, waiting: 5, max_wait: 4s }")
    site = Site({"/x": hanging, "/order": hanging})
    async with serving(config, URL=site) as served:
        async with served.client() as holder:
            holder.send("GET", "/patient")
            await eventually(lambda: site.asked)
            async with served.client() as client:
                client.send("POST", "/long")
                await eventually(lambda: served.held().get("a slots") == 3)
            began = now()
            await eventually(lambda: served.held().get("a slots") == 2, 1.0)
            assert now() - began < 0.1 + LATE
        await served.idle()
    assert "/order" not in site.paths


async def test_a_sent_call_that_is_not_repeatable_outlives_its_client_and_starts_nothing():
    site = Site({"/order": after(0.3, replying('{"id":7}'))})
    async with serving(CONFIG, URL=site) as served:
        async with served.client() as client:
            client.send("POST", "/long")
            await eventually(lambda: site.asked)
        await eventually(lambda: served.held().get("background") == 1, 0.1 + LATE, served.held)
        assert served.held()["a slots"] == 1
        await served.idle()
    assert site.paths == ["/order"]
    state = served.gateway.upstreams["a"].breaker.snapshot()
    assert (state.total, state.failed) == (1, 0)  # it ended by itself, and well


async def test_a_sent_call_that_is_not_repeatable_outlives_the_time_limit():
    site = Site({"/order": after(0.25, replying('{"id":7}'))})
    async with serving(CONFIG, URL=site) as served:
        answer = await served.ask("/long", "POST", headers=[("x-request-timeout-ms", "100")])
        assert (answer.status, answer.json["cause"]) == (504, "out_of_time")
        assert served.held() == {"background": 1, "a slots": 1, "a connections": 1, "timers": 1}
        await served.idle()
        assert served.gateway.upstreams["a"].breaker.snapshot().failed == 0


async def test_a_sent_call_that_is_not_repeatable_outlives_a_failed_sibling():
    site = Site({"/order": after(0.25, replying('{"id":7}')), "/x": after(0.05, replying("", 500))})
    async with serving(CONFIG, URL=site) as served:
        answer = await served.ask("/checked", "POST")
        assert (answer.status, answer.json["step"]) == (502, "check")
        assert served.held()["background"] == 1
        await served.idle()


async def test_a_call_in_the_background_ends_at_its_own_timeout():
    site = Site({"/order": hanging})
    async with serving(CONFIG, URL=site) as served:
        began = now()
        answer = await served.ask("/order", "POST", headers=[("x-request-timeout-ms", "50")])
        assert answer.json["order"] == "unknown"
        assert answer.headers["gateway-degraded"].startswith("order;cause=out_of_time;served=fallback")
        await served.idle()
        assert 0.2 <= now() - began < 0.25 + LATE
        assert served.gateway.upstreams["a"].breaker.snapshot().failed == 1


async def test_calls_in_the_background_are_drained_when_the_gateway_closes():
    site = Site({"/order": after(0.2, replying('{"id":7}'))})
    async with serving(CONFIG, URL=site) as served:
        await served.ask("/long", "POST", headers=[("x-request-timeout-ms", "50")])
        assert served.held()["background"] == 1
        await served.gateway.close()
        assert served.held() == {}
        assert served.gateway.upstreams["a"].breaker.snapshot().failed == 0


async def test_a_sibling_is_cut_at_once_when_a_required_step_fails():
    left = asyncio.Event()

    async def noting(peer):
        await peer.eof()
        left.set()
        raise ConnectionError

    config = CONFIG.replace("post: a/order, json: 1 }", "put: a/order, json: 1 }")
    site = Site({"/order": noting, "/x": after(0.03, replying("", 500))})
    async with serving(config, URL=site) as served:
        answer = await served.ask("/checked", "POST")
        assert answer.status == 502
        async with asyncio.timeout(LATE):
            await left.wait()


@pytest.mark.parametrize(("setting", "name"), [("X-Patience", "x-patience"), ("off", "x-request-timeout-ms")])
async def test_d2_upstreams_are_told_the_time_left_by_the_gateways_own_name(setting, name):
    site = Site({"/x": 1, "/y": 2})
    async with serving(f"server: {{ timeout_header: {setting} }}\n{CONFIG}", URL=site) as served:
        await served.get("/patient", ("x-patience", "700"), ("x-request-timeout-ms", "300"))
    told = {
        key for asked in site.asked for key in asked.headers if key in ("x-patience", "x-request-timeout-ms")
    }
    left = max(int(asked.headers[name]) for asked in site.asked)
    assert told == {name}
    assert left <= 700 if setting != "off" else left > 700
