"""docs/contract.md section 2: who must answer, what stands in, and what an answer says about itself."""

import json
import re

import pytest

from tests.support.gateways import Site, after, hanging, replying, serving

ROUTES = """
upstreams: { a: { url: "${URL}", timeout: 150ms } }
routes:
  GET /one: { steps: { only: { get: a/x } } }
  GET /one/optional: { steps: { only: { get: a/x, required: false } } }
  GET /one/fallback: { steps: { only: { get: a/x, fallback: { id: "{query.id | 0}" } } } }
  GET /two: { steps: { x: { get: a/x }, y: { get: a/y } } }
  GET /two/required: { steps: { x: { get: a/x, required: true }, y: { get: a/y, required: true } } }
  GET /two/fallback: { steps: { x: { get: a/x, fallback: null, required: true }, y: { get: a/y } } }
  GET /two/header:
    degraded: header
    steps: { x: { get: a/x }, y: { get: a/y } }
    respond: { degraded: 1, y: "{y}" }
  GET /nothing: { steps: { x: { get: a/x, nothing_on: [404, 410] }, y: { get: a/y } } }
  GET /array: { steps: { x: { get: a/x }, y: { get: a/y } }, respond: ["{x}", "{y}"] }
  GET /created:
    status: 201
    headers: { X-Mine: yes, Cache-Control: private }
    steps: { x: { get: a/x }, y: { get: a/y } }
  GET /merge: { steps: { x: { get: a/x }, y: { get: a/y } }, merge: { steps: [y, x], on_conflict: first } }
  GET /merge/error: { steps: { x: { get: a/x }, y: { get: a/y } }, merge: { steps: [x, y] } }
"""

FAILED = (500, "secret")


def at(pages, config=ROUTES):
    return serving(config, URL=Site(pages))


@pytest.mark.parametrize("target", ["/one", "/one/optional"])
async def test_the_only_step_of_a_route_fails_the_request(target):
    async with at({"/x": FAILED}) as served:
        answer = await served.get(target)
    assert (answer.status, answer.json["step"]) == (502, "only")


async def test_a_fallback_satisfies_required_and_is_named():
    async with at({"/x": FAILED}) as served:
        answer = await served.get("/one/fallback?id=7")
    assert answer.status == 200
    assert answer.headers["gateway-degraded"] == "only;cause=failed;served=fallback"
    degraded = {"only": {"cause": "failed", "served": "fallback"}}
    assert answer.json == {"only": {"id": "7"}, "degraded": degraded}


async def test_a_fallback_of_null_counts_because_it_is_there():
    async with at({"/x": FAILED, "/y": {"n": 1}}) as served:
        answer = await served.get("/two/fallback")
        assert answer.json["x"] is None
        assert answer.headers["gateway-degraded"] == "x;cause=failed;served=fallback"


async def test_no_step_answers_and_the_first_in_plan_order_says_why():
    async with at({"/x": (404, ""), "/y": FAILED}) as served:
        answer = await served.get("/two")
    assert (answer.status, answer.json["cause"], answer.json["step"]) == (404, "rejected", "x")


@pytest.mark.parametrize(("failing", "other"), [("x", "y"), ("y", "x")])
async def test_a_required_step_that_fails_ends_the_request_at_once_with_its_own_cause(failing, other):
    pages = {f"/{failing}": FAILED, f"/{other}": hanging}
    config = ROUTES.replace("timeout: 150ms", "timeout: 1500ms")
    async with at(pages, config) as served:
        loop = served.gateway._timers.loop
        began = loop.time()
        answer = await served.get("/two/required")
        assert loop.time() - began < 0.75
    assert (answer.status, answer.json["cause"], answer.json["step"]) == (502, "failed", failing)


async def test_of_two_required_steps_that_failed_the_first_in_plan_order_says_why():
    async with at({"/x": (503, ""), "/y": after(0.2, replying("", 410))}) as served:
        answer = await served.get("/two/required")
        assert (answer.status, answer.json["step"]) == (502, "x")


@pytest.mark.parametrize("down", range(7))
async def test_p7_an_answer_has_one_shape_whichever_parts_are_down(down):
    parts = {name: FAILED if down & bit else 1 for name, bit in (("x", 1), ("y", 2), ("z", 4))}
    config = """
upstreams: { a: { url: "${URL}" } }
routes:
  GET /three: { steps: { x: { get: a/x }, y: { get: a/y }, z: { get: a/z } } }
"""
    async with at({f"/{name}": page for name, page in parts.items()}, config) as served:
        answer = await served.get("/three")
    body = answer.json
    degraded = body.pop("degraded", {})
    assert body == {name: None if page is FAILED else 1 for name, page in parts.items()}
    assert list(degraded) == [name for name, page in parts.items() if page is FAILED]


async def test_nothing_on_makes_null_of_a_status_and_it_is_not_degraded():
    async with at({"/x": (410, ""), "/y": {}}) as served:
        answer = await served.get("/nothing")
    assert (answer.status, answer.json) == (200, {"x": None, "y": {}})
    assert "gateway-degraded" not in answer.headers


async def test_nothing_on_answers_even_if_no_other_step_does():
    async with at({"/x": (404, ""), "/y": FAILED}) as served:
        answer = await served.get("/nothing")
    assert (answer.status, answer.headers["gateway-degraded"]) == (200, "y;cause=failed;served=nothing")


async def test_a_body_that_is_no_object_is_named_in_the_header_only():
    async with at({"/x": FAILED, "/y": 1}) as served:
        answer = await served.get("/array")
    assert answer.body == b"[null,1]"
    assert answer.headers["gateway-degraded"] == "x;cause=failed;served=nothing"


async def test_degraded_header_leaves_the_body_alone():
    async with at({"/x": FAILED, "/y": 1}) as served:
        answer = await served.get("/two/header")
    assert answer.body == b'{"degraded":1,"y":1}'
    assert answer.headers["gateway-degraded"] == "x;cause=failed;served=nothing"
    assert answer.headers["cache-control"] == "no-store"


async def test_several_degraded_parts_are_listed_in_plan_order():
    async with at({"/x": hanging, "/y": FAILED}) as served:
        answer = await served.get("/one/fallback")
        assert answer.json["degraded"] == {"only": {"cause": "timeout", "served": "fallback"}}


async def test_a_complete_answer_says_nothing_of_degradation_and_may_be_stored():
    async with at({"/x": 1, "/y": 2}) as served:
        answer = await served.get("/created")
    assert answer.status == 201
    assert answer.headers["x-mine"] == "yes"
    assert answer.headers["cache-control"] == "private"
    assert "gateway-degraded" not in answer.headers
    assert answer.json == {"x": 1, "y": 2}


async def test_a_degraded_answer_must_not_be_stored_whatever_the_route_says():
    async with at({"/x": 1, "/y": FAILED}) as served, served.client() as client:
        client.send("GET", "/created")
        answer = await client.answer()
        assert [value for name, value in client.lines if name == "cache-control"] == ["no-store"]
        assert answer.headers["x-mine"] == "yes"


async def test_server_timing_names_every_step_its_cause_and_the_trace():
    trace = "0af7651916cd43dd8448eb211c80319c"
    async with at({"/x": FAILED, "/y": after(0.05, replying("1"))}) as served:
        answer = await served.get("/two", ("traceparent", f"00-{trace}-b7ad6b7169203331-01"))
        problem = await served.get("/one")
    timing = answer.headers["server-timing"]
    assert re.fullmatch(rf'x;dur=\d+\.\d;desc="failed", y;dur=\d+\.\d, trace;desc={trace}', timing)
    assert float(re.search(r"y;dur=([0-9.]+)", timing)[1]) >= 49
    assert "only;dur=" in problem.headers["server-timing"]


async def test_the_request_id_comes_back_and_a_new_one_if_it_is_not_sound():
    async with at({"/x": 1}) as served:
        for target in ("/one", "/nowhere", "/one?%", "/health"):
            answer = await served.get(target, ("x-request-id", "Mine-1.a_b"))
            if target != "/health":
                assert answer.headers["x-request-id"] == "Mine-1.a_b", target
        for bad in ("", "a b", "x" * 65, "ä"):
            answer = await served.get("/one", ("x-request-id", bad))
            assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_no_server_header_and_the_usual_ones_of_http():
    async with at({"/x": 1}) as served:
        for target in ("/one", "/nowhere", "/health"):
            answer = await served.get(target)
            assert "server" not in answer.headers
            assert "date" in answer.headers
            assert int(answer.headers["content-length"]) == len(answer.body)


async def test_expose_nothing_hides_parts_and_times_but_still_forbids_storing():
    config = "server: { expose: [] }" + ROUTES
    async with at({"/x": FAILED, "/y": 1}, config) as served:
        answer = await served.get("/two")
        problem = await served.get("/one")
    assert answer.json == {"x": None, "y": 1}
    assert "gateway-degraded" not in answer.headers
    assert "server-timing" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert "server-timing" not in problem.headers


async def test_expose_can_be_one_of_both():
    async with at({"/x": FAILED, "/y": 1}, "server: { expose: [timing] }" + ROUTES) as served:
        answer = await served.get("/two")
        assert ("server-timing" in answer.headers, "gateway-degraded" in answer.headers) == (True, False)
    async with at({"/x": FAILED, "/y": 1}, "server: { expose: [degraded] }" + ROUTES) as served:
        answer = await served.get("/two")
        assert ("server-timing" in answer.headers, "gateway-degraded" in answer.headers) == (False, True)


async def test_the_same_outcomes_give_the_same_bytes_whoever_is_first():
    x, y = replying(b'{"b":1,"a":10000000000000000000000.10}'), replying(b'{"c":1e400,"b":2}')
    bodies = set()
    for pages in ({"/x": after(0.03, x), "/y": y}, {"/x": x, "/y": after(0.03, y)}):
        async with at(pages) as served:
            bodies.add((await served.get("/two")).body)
            merged = await served.get("/merge")
            assert merged.body == b'{"c":1e400,"b":2,"a":10000000000000000000000.10}'
    assert bodies == {b'{"x":{"b":1,"a":10000000000000000000000.10},"y":{"c":1e400,"b":2}}'}


async def test_a_merge_that_contradicts_itself_is_unreadable():
    async with at({"/x": {"a": 1}, "/y": {"a": 2}}) as served:
        answer = await served.get("/merge/error")
    assert (answer.status, answer.json["cause"]) == (502, "unreadable")


async def test_a_merge_goes_on_without_what_did_not_answer():
    async with at({"/x": {"a": 1}, "/y": FAILED}) as served:
        answer = await served.get("/merge/error")
    assert answer.json == {"a": 1, "degraded": {"y": {"cause": "failed", "served": "nothing"}}}


async def test_a_step_starts_as_soon_as_what_it_needs_is_there():
    config = """
upstreams: { a: { url: "${URL}" } }
routes:
  GET /graph:
    steps:
      slow: { get: a/slow }
      fast: { get: a/fast }
      next: { get: "a/next/{fast.id}" }
"""
    order = []

    def noting(name, page):
        async def noted(peer):
            order.append(name)
            await page(peer)

        return noted

    pages = {
        "/slow": noting("slow", after(0.15, replying("1"))),
        "/fast": noting("fast", after(0, replying('{"id":7}'))),
        "/next/7": noting("next", after(0.05, replying("3"))),
    }
    async with at(pages, config) as served:
        loop = served.gateway._timers.loop
        began = loop.time()
        answer = await served.get("/graph")
        assert loop.time() - began < 0.4
    assert answer.json == {"slow": 1, "fast": {"id": 7}, "next": 3}
    assert order[-1] == "next"
    timing = answer.headers["server-timing"]
    assert float(re.search(r"next;dur=([0-9.]+)", timing)[1]) < 140


async def test_head_answers_as_get_does_without_a_body():
    async with at({"/x": [1, 2, 3], "/y": FAILED}) as served:
        answer = await served.ask("/two", "HEAD")
        whole = await served.get("/two")
        failed = await served.ask("/nowhere", "HEAD")
    assert answer.status == 200
    assert answer.headers["content-length"] == str(len(whole.body))
    assert answer.headers["gateway-degraded"] == whole.headers["gateway-degraded"]
    assert failed.status == 404


async def test_problems_of_all_kinds_are_problem_json_with_a_known_shape():
    async with at({"/x": FAILED}) as served:
        for target, method in (
            ("/one", "GET"),
            ("/nowhere", "GET"),
            ("/one", "DELETE"),
            ("/health/x", "GET"),
        ):
            answer = await served.ask(target, method)
            problem = json.loads(answer.body)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["cache-control"] == "no-store"
            assert problem["type"] == f"/problems/{problem['cause']}"
            assert problem["status"] == answer.status
            assert problem["request_id"] == answer.headers["x-request-id"]
