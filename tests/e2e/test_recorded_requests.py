"""What requests leave behind in traces and debug headers, with real sockets on both sides."""

import asyncio
import json
import re
import time

import pytest

from gateway.edge.debug import signature
from tests.support.gateways import Site, after, eventually, hanging, replying, serving
from tests.support.otlp import collecting

UPSTREAM = 'upstreams: { a: { url: "${URL}", timeout: 300ms, retry: off } }\n'
SECRET = "0123456789abcdef"


@pytest.fixture
def collector(monkeypatch):
    """A collector that the gateway under test exports to."""
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        yield collector


def config(routes, traces="{ ratio: 1 }", upstream=UPSTREAM):
    return f"telemetry: {{ traces: {traces} }}\n{upstream}routes:\n{routes}"


def parent_of(asked):
    """The trace id, parent id and flags that an upstream was told."""
    return re.fullmatch(
        "00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})", asked.headers["traceparent"]
    ).groups()


async def test_o2_hedge_and_the_attempt_that_lost_are_both_told(collector):
    answers = iter([hanging, {"n": 1}])

    async def first_hangs(peer):
        page = next(answers)
        await (page(peer) if callable(page) else Site(default=page)._reply(peer, page))

    site = Site({"/x": first_hangs})
    steps = "  GET /x: { steps: { x: { get: a/x, hedge: { after: 30ms } } } }"
    async with serving(config(steps), URL=site) as served:
        assert (await served.get("/x")).status == 200

    first, hedge = sorted(collector.by(kind="client"), key=lambda span: span.start)
    assert (first.attributes["gateway.attempt"], hedge.attributes["gateway.attempt"]) == (1, 2)
    assert hedge.attributes["gateway.hedge"] is True
    assert "gateway.hedge" not in first.attributes
    assert not first.error
    assert {span.parent_id for span in (first, hedge)} == {collector.by(name="step x")[0].span_id}
    assert [parent_of(asked)[1] for asked in site.asked] == [first.span_id, hedge.span_id]


async def test_coalesced_calls_share_a_flight_in_a_trace_of_its_own_linked_both_ways(collector):
    site = Site({"/x": after(0.1, replying({"n": 1}))})
    steps = "  GET /x: { steps: { x: { get: a/x, coalesce: on } } }"
    async with serving(config(steps), URL=site) as served:
        await asyncio.gather(served.get("/x"), served.get("/x"))

    [flight] = collector.by(name="flight x")
    steps = collector.by(name="step x")
    [attempt] = collector.by(kind="client")
    assert len(steps) == 2
    assert (attempt.parent_id, attempt.trace_id) == (flight.span_id, flight.trace_id)
    assert [link[:2] for step in steps for link in step.links] == [(flight.trace_id, flight.span_id)] * 2
    assert flight.links[0][1] in {step.span_id for step in steps}
    assert flight.parent_id == ""
    assert parent_of(site.asked[0])[:2] == (flight.trace_id, attempt.span_id)


async def test_refresh_of_a_copy_is_linked_to_the_request_that_began_it(collector):
    steps = "  GET /x: { steps: { x: { get: a/x, cache: { ttl: 20ms, stale_while_revalidate: 1m } } } }"
    async with serving(config(steps), URL=Site()) as served:
        await served.get("/x")
        await asyncio.sleep(0.05)
        await served.get("/x")
        await eventually(lambda: len(served.up["URL"].requests) == 2)

    [refresh] = collector.by(name="refresh x")
    first, second = sorted(collector.by(name="step x"), key=lambda span: span.start)
    assert [link[1] for link in refresh.links] == [second.span_id]
    assert second.attributes["gateway.freshness"] == "stale"
    assert first.links == []
    looked_up = sorted(collector.by(name="cache x"), key=lambda span: span.start)
    assert [span.attributes["gateway.cache.hit"] for span in looked_up] == [False, True]


async def test_call_that_outlives_its_request_is_told_when_it_ends(collector):
    steps = """
  POST /x:
    time_limit: 200ms
    steps: { x: { post: a/x, timeout: 150ms }, y: { get: a/y, required: true } }"""
    site = Site({"/x": after(0.1, replying({})), "/y": (500, {})})
    async with serving(config(steps), URL=site) as served:
        assert (await served.ask("/x", "POST")).status == 502

    [server] = collector.by(kind="server")
    [late] = collector.by(kind="client", **{"gateway.step": "x"})
    assert late.attributes["gateway.detached"] is True
    assert late.end > server.end
    assert [link[1] for link in late.links] == [server.span_id]


async def test_unremarkable_requests_are_thrown_away_and_the_others_kept(collector):
    steps = (
        "  GET /x: { steps: { x: { get: a/x }, y: { get: a/y } } }\n  GET /y: { steps: { y: { get: a/y } } }"
    )
    site = Site({"/y": (500, {})})
    pages = {"/fine": {}}
    steps += "\n  GET /fine: { steps: { x: { get: a/fine } } }"
    site.pages |= pages
    async with serving(config(steps, "{ keep: [degraded, failed] }"), URL=site) as served:
        statuses = [(await served.get(path)).status for path in ("/fine", "/x", "/y", "/fine")]

    kept = {span.name: span.attributes["gateway.kept"] for span in collector.by(kind="server")}
    assert statuses == [200, 200, 502, 200]
    assert kept == {"GET /x": "degraded", "GET /y": "failed"}
    assert {parent_of(asked)[2] for asked in site.asked} == {"00"}


async def test_request_that_is_refused_and_client_that_leaves_are_told(collector):
    steps = "  GET /x/{id:int}: { steps: { x: { get: a/x, fallback: 1 } } }"
    async with serving(config(steps), URL=Site({"/x": after(0.2, replying({}))})) as served:
        await served.get("/x/1?id=1")
        async with served.client() as client:
            client.send("GET", "/x/2")
            await eventually(lambda: len(served.up["URL"].requests) == 2)
    spans = {span.attributes["url.path"]: span for span in collector.by(kind="server")}

    assert spans["/x/1"].attributes["http.response.status_code"] == 200
    assert "http.response.status_code" not in spans["/x/2"].attributes
    assert spans["/x/2"].attributes["gateway.cause"] == "client_gone"


async def test_collector_that_is_down_costs_requests_nothing(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    steps = "  GET /x: { steps: { x: { get: a/x } } }"
    async with serving(config(steps), URL=Site()) as served:
        for _ in range(20):
            assert (await served.get("/x")).status == 200
        began = time.monotonic()
    assert time.monotonic() - began < 4.0


# ── the debug header ────────────────────────────────────────────────────────────────────────────────────

DEBUGGED = "  GET /x: { steps: { x: { get: a/x, fallback: 1, retry: { attempts: 2, backoff: 1ms } } } }"


def debugging(debug, **site):
    text = f"telemetry: {{ debug: {debug} }}\n{UPSTREAM}routes:\n{DEBUGGED}"
    return serving(text, URL=Site(site))


def told(answer):
    return json.loads(answer.headers["gateway-debug"])


async def test_answer_tells_how_it_was_made_to_this_machine():
    async with debugging("{ loopback: on }", **{"/x": (500, {})}) as served:
        answer = await served.get("/x", ("gateway-debug", "1"))

    [step] = told(answer)["steps"]
    assert (answer.json, step["served"], step["cause"]) == (
        {"x": 1, "degraded": answer.json["degraded"]},
        "fallback",
        "failed",
    )
    first, second = step["attempts"]
    assert (first["status"], second["status"], second["retry"]) == (500, 500, True)
    assert first["at"] == served.up["URL"].url.rstrip("/")
    assert 0 <= first["start"] <= second["start"] <= told(answer)["ms"]


async def test_answer_tells_it_to_who_has_a_signature_but_not_where_upstreams_are():
    until = int(time.time()) + 60
    value = f"{until}.{signature(SECRET.encode(), until)}"
    async with debugging(f"{{ secret: {SECRET} }}") as served:
        answer = await served.get("/x", ("gateway-debug", value))

    [step] = told(answer)["steps"]
    assert "at" not in step["attempts"][0]
    assert str(served.up["URL"].url).rpartition(":")[2].rstrip("/") not in answer.headers["gateway-debug"]


@pytest.mark.parametrize(
    ("debug", "headers"),
    [
        ("off", [("gateway-debug", "1")]),
        (f"{{ secret: {SECRET} }}", [("gateway-debug", "1")]),
        (f"{{ secret: {SECRET} }}", [("gateway-debug", f"4000000000.{'0' * 64}")]),
        ("{ loopback: on }", [("gateway-debug", "1"), ("x-forwarded-for", "192.0.2.1")]),
        ("{ loopback: on }", []),
    ],
)
async def test_answer_tells_nothing_to_others(debug, headers):
    async with debugging(debug) as served:
        answer = await served.get("/x", *headers)

    assert (answer.status, "gateway-debug" in answer.headers) == (200, False)


async def test_debugged_call_tells_upstreams_no_more_than_others():
    async with debugging("{ loopback: on }") as served:
        await served.get("/x", ("gateway-debug", "1"))

    [request] = served.up["URL"].requests
    assert b"gateway-debug" not in request
    assert re.search(rb"traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00\r\n", request)
