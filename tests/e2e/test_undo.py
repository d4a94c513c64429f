"""``undo`` with real sockets on both sides: what was done is taken back, and the client is told."""

import asyncio
import logging

import pytest

from tests.support.gateways import Site, after, eventually, hanging, replying, resetting, serving
from tests.support.otlp import collecting

CONFIG = """
upstreams: { a: { url: "${URL}", timeout: 700ms, retry: { attempts: 2, backoff: 1ms }, budget: off } }
routes:
  POST /orders/{id}:
    time_limit: 1s
    steps:
      reserved:
        post: a/stock
        json: { order: "{id}" }
        required: true
        undo: { delete: "a/stock/{reserved.id}", nothing_on: [404] }
      charged:
        post: a/charges
        json: { stock: "{reserved.id}" }
        required: true
        undo:
          post: a/refunds
          json: { order: "{id}" }
          headers: { idempotency-key: "{id}" }
          if_unknown: on
      shipped: { post: a/shipments, json: { charge: "{charged.id}" }, required: true }
  POST /both:
    time_limit: 1s
    steps:
      one: { post: a/stock, json: 1, required: true, undo: { delete: "a/stock/{one.id}" } }
      two: { post: a/charges, json: 2, required: true }
  DELETE /merged:
    steps:
      one: { post: a/stock, json: 1, undo: { delete: "a/stock/{one.id}" } }
      two: { get: a/other }
    merge: { steps: [one, two] }
"""
FINE = {"/stock": {"id": 7}, "/charges": {"id": 8}, "/shipments": {"id": 9}}
UNDOING = [("POST", "/refunds"), ("DELETE", "/stock/7")]


def at(script):
    return serving(CONFIG, URL=script)


def site(**others):
    return Site({**FINE, **{f"/{path}": page for path, page in others.items()}})


def calls(site):
    return [(asked.method, asked.path) for asked in site.asked]


async def order(served):
    return await served.ask("/orders/5", "POST")


async def test_order_that_is_placed_is_not_undone():
    async with at(shop := site()) as served:
        answer = await order(served)

    assert (answer.status, answer.json["shipped"]) == (200, {"id": 9})
    assert calls(shop) == [("POST", "/stock"), ("POST", "/charges"), ("POST", "/shipments")]


async def test_what_was_done_before_a_step_failed_is_undone_last_first_and_told():
    async with at(shop := site(shipments=(500, {}))) as served:
        answer = await order(served)

    assert (answer.status, answer.json["step"]) == (502, "shipped")
    assert answer.json["undo"] == {"charged": "done", "reserved": "done"}
    assert calls(shop)[3:] == UNDOING


async def test_step_that_was_refused_is_not_undone():
    async with at(shop := site(charges=(409, {}))) as served:
        answer = await order(served)

    assert (answer.status, answer.json["undo"]) == (409, {"reserved": "done"})
    assert calls(shop)[2:] == [("DELETE", "/stock/7")]


async def test_step_of_which_nobody_knows_is_undone_if_it_says_so_and_else_told():
    async with at(shop := site(charges=resetting)) as served:
        charged = await order(served)
    async with at(site(stock=resetting)) as served:
        reserved = await order(served)

    assert charged.json["undo"] == {"charged": "done", "reserved": "done"}
    assert calls(shop)[2:] == UNDOING
    assert reserved.json["undo"] == {"reserved": "unknown"}


async def test_undo_is_tried_again_as_any_call_that_may_be():
    answers = iter([(503, {}), {}])

    async def flaky(peer):
        await Site()._reply(peer, next(answers))

    async with at(shop := site(shipments=(500, {}), **{"stock/7": flaky})) as served:
        answer = await order(served)

    assert answer.json["undo"] == {"charged": "done", "reserved": "done"}
    assert calls(shop).count(("DELETE", "/stock/7")) == 2


async def test_what_is_gone_already_is_undone():
    async with at(site(shipments=(500, {}), **{"stock/7": (404, {})})) as served:
        answer = await order(served)

    assert answer.json["undo"]["reserved"] == "done"


async def test_undo_that_fails_stops_no_other_and_is_an_error_in_log_and_metrics(caplog):
    caplog.set_level(logging.INFO)
    async with at(shop := site(shipments=(500, {}), refunds=(422, {}))) as served:
        answer = await order(served)
        lines = served.gateway.metrics.exposition()[0].decode().splitlines()

    assert answer.json["undo"] == {"charged": "failed", "reserved": "done"}
    assert calls(shop)[3:] == UNDOING
    told = [record for record in caplog.records if "is not undone" in record.getMessage()]
    assert [record.levelname for record in told] == ["ERROR"]
    assert answer.headers["x-request-id"] in told[0].getMessage()
    failed = 'gateway_undos_total{route="POST /orders/{id}",step="charged",result="failed"} 1'
    assert any(line.startswith(failed) for line in lines)


async def test_answer_goes_when_the_requests_time_is_over_and_undoing_goes_on():
    shop = site(
        shipments=(500, {}), refunds=after(0.6, replying({})), charges=after(0.6, replying({"id": 8}))
    )
    async with at(shop) as served:
        began = asyncio.get_running_loop().time()
        answer = await order(served)
        assert asyncio.get_running_loop().time() - began < 1.25
        assert answer.json["undo"] == {"charged": "pending", "reserved": "pending"}
        await served.idle(2.0)

    assert calls(shop)[3:] == UNDOING


async def test_client_that_leaves_before_all_is_done_has_all_undone():
    async with at(shop := site(shipments=hanging)) as served:
        async with served.client() as client:
            client.send("POST", "/orders/5")
            await eventually(lambda: len(shop.asked) == 3)
        await served.idle(2.0)

    assert sorted(calls(shop)[3:]) == sorted(UNDOING)


async def test_step_that_is_still_under_way_when_another_fails_is_undone_when_it_has_ended():
    async with at(shop := site(stock=after(0.3, replying({"id": 7})), charges=(500, {}))) as served:
        answer = await served.ask("/both", "POST")

    assert (answer.json["step"], answer.json["undo"]) == ("two", {"one": "done"})
    assert calls(shop)[2:] == [("DELETE", "/stock/7")]


async def test_answer_that_cannot_be_made_is_a_failure_too():
    async with at(shop := site(other={"id": 99})) as served:
        answer = await served.ask("/merged", "DELETE")

    assert (answer.status, answer.json["undo"]) == (502, {"one": "done"})
    assert calls(shop)[-1] == ("DELETE", "/stock/7")


async def test_closing_gives_undo_steps_their_time():
    shop = site(shipments=(500, {}), refunds=after(0.3, replying({})))
    async with at(shop) as served:
        async with served.client() as client:
            client.send("POST", "/orders/5")
            await eventually(lambda: ("POST", "/refunds") in calls(shop))
        await served.gateway.close()
        done = calls(shop)
        await served.gateway.open()

    assert done[3:] == UNDOING


@pytest.fixture
def collector(monkeypatch):
    """A collector that the gateway under test exports to."""
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        yield collector


async def test_undo_steps_are_spans_of_the_request_also_when_they_end_after_it(collector):
    shop = site(
        shipments=(500, {}), charges=after(0.6, replying({"id": 8})), refunds=after(0.6, replying({}))
    )
    async with serving("telemetry: { traces: { ratio: 1 } }\n" + CONFIG, URL=shop) as served:
        await order(served)
        await served.idle(2.0)

    (request,) = collector.by(kind="server")
    undos = [span for span in collector.by(kind="internal") if span.name.startswith("step undo")]
    assert {span.name for span in undos} == {"step undo charged", "step undo reserved"}
    assert {(span.trace_id, span.parent_id) for span in undos} == {(request.trace_id, request.span_id)}
    assert {span.attributes.get("gateway.detached") for span in undos} == {True}
