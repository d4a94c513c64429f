"""Functions as a client meets them: a gateway over real sockets, calling the local Lambda endpoint."""

import asyncio
import json

import pytest

from gateway.layers.circuit_state import CircuitState
from services.mock.lambda_endpoint import KEY
from tests.support.functions import functions_serving
from tests.support.gateways import eventually
from tests.support.seeded import seeded

__all__ = ["seeded"]

WRONG = "{ access_key_id: AKIAMOCKGATEWAY00001, secret_access_key: not-the-secret-of-anything }"


async def test_a_signed_step_and_an_invoked_one_answer_the_same():
    async with functions_serving() as (gateway, _):
        by_url = await gateway.get("/score/7")
        by_name = await gateway.ask("/fn", "POST", {"user_id": 7})

    assert by_url.json == by_name.json == {"user_id": 7, "score": 792, "grade": "D"}


async def test_hundreds_of_requests_are_signed_each_and_leave_nothing():
    async with functions_serving() as (gateway, served):
        answers = await asyncio.gather(*(gateway.get(f"/score/{n}") for n in range(200)))

        assert {answer.status for answer in answers} == {200}
        assert [answer.json["user_id"] for answer in answers] == list(range(200))
        assert served.endpoint.refused == 0


async def test_values_of_a_request_stay_values_whatever_they_hold():
    async with functions_serving("echo") as (gateway, _):
        answer = await gateway.get("/score/M%C3%BCnchen%20%26%20co%3F+*:(x)")

    assert answer.json["rawPath"] == "/score/München & co?+*:(x)"


async def test_wrong_credentials_are_unhealthy_and_said_so_and_no_secret_is():
    async with functions_serving(keys=WRONG) as (gateway, _):
        for _ in range(10):
            answer = await gateway.get("/score/7")
            assert answer.status in {502, 503}
        upstream = gateway.gateway.upstreams["score"]
        details = upstream.details()

        assert details["credentials"]["state"] == "refused"
        assert details["credentials"]["refusal"] == "InvalidSignatureException"
        assert details["breaker"].state == CircuitState.OPEN
        assert "AWS refused the call: InvalidSignatureException" in details["breaker"].last_failure
        assert "not-the-secret-of-anything" not in repr((details, answer.body, upstream.addresses[0].client))
        assert gateway.gateway._health.states()["score"] == "open"


@pytest.mark.parametrize(("how", "status"), [("404", 404), ("403", 502), ("500", 502), ("raise", 502)])
async def test_what_a_function_answers_reaches_the_client_as_for_every_upstream(how, status):
    async with functions_serving("fail", step=", retry: off") as (gateway, _):
        answer = await gateway.get(f"/told/{how}")

    assert answer.status == status
    assert b"secret" not in answer.body


async def test_a_function_error_is_a_failure_and_nothing_of_it_is_told():
    async with functions_serving("fail") as (gateway, served):
        answer = await gateway.ask("/fn", "POST", {"how": "anything"})

        assert (answer.status, answer.json["cause"]) == (502, "failed")
        assert b"secret" not in answer.body
        assert served.fleet("fail").invocations == 1  # what it did is not known: never again by itself


async def test_throttled_calls_are_tried_again_where_they_may_be():
    settings, step = _lines("timeout: 1s, budget: off"), ", retry: { attempts: 10 }"
    async with functions_serving("slow", concurrency=1, score=settings, step=step) as (gateway, served):
        answers = await asyncio.gather(*(gateway.get("/slow/0.02") for _ in range(2)))

        assert {answer.status for answer in answers} == {200}
        assert served.fleet("slow").throttled > 0


async def test_throttled_calls_do_not_open_the_circuit():
    async with functions_serving("slow", concurrency=0, step=", retry: off") as (gateway, _):
        answers = [await gateway.get("/slow/0") for _ in range(15)]

        assert {answer.status for answer in answers} == {503}
        assert gateway.gateway.upstreams["score"].breaker.circuit.state is CircuitState.CLOSED


async def test_an_event_is_queued_and_answers_null():
    async with functions_serving(call=", invocation: event") as (gateway, served):
        answer = await gateway.ask("/fn", "POST", {"user_id": 7})
        await eventually(lambda: served.fleet("score").invocations == 1)

    assert (answer.status, answer.body) == (200, b"null")


async def test_an_envelope_is_unwrapped_where_it_is_asked_for():
    async with functions_serving("binary", call=", envelope: on") as (gateway, _):
        assert (await gateway.ask("/fn", "POST", {})).json == {"name": "Müller"}
    async with functions_serving("binary") as (gateway, _):
        assert (await gateway.ask("/fn", "POST", {})).json["isBase64Encoded"] is True


async def test_a_slow_function_costs_its_timeout_and_no_more():
    async with functions_serving("slow", score="timeout: 100ms", step=", retry: off") as (gateway, _):
        answer = await gateway.get("/slow/5")

    assert (answer.status, answer.json["cause"]) == (504, "timeout")


async def test_clients_that_leave_in_a_storm_leave_the_pool_whole(seeded):
    settings = "timeout: 1s, bulkhead: { slots: 5, max_wait: 1s }"
    async with functions_serving("slow", score=_lines(settings)) as (gateway, _):

        async def leaves():
            async with gateway.client() as client:
                client.send("GET", "/slow/0.05")
                await asyncio.sleep(seeded.random() * 0.1)

        await asyncio.gather(*(leaves() for _ in range(60)))
        await gateway.idle()
        assert (await gateway.get("/slow/0")).status == 200


async def test_more_calls_than_slots_are_refused_and_none_hangs():
    settings = "bulkhead: { slots: 2, waiting: 2, max_wait: 50ms }"
    async with functions_serving("slow", score=_lines(settings), step=", retry: off") as (gateway, _):
        answers = await asyncio.gather(*(gateway.get("/slow/0.3") for _ in range(12)))

    causes = [answer.json.get("cause") for answer in answers]
    assert causes.count("bulkhead_full") == 10
    assert [answer.status for answer in answers].count(200) == 2


async def test_an_endpoint_that_goes_away_is_unreachable_and_recovers():
    async with functions_serving() as (gateway, served):
        assert (await gateway.get("/score/7")).status == 200
        served.endpoint.verifier.keys = {}
        assert (await gateway.get("/score/7")).status == 502
        served.endpoint.verifier.keys = {KEY.access_key: KEY}
        assert (await gateway.get("/score/7")).status == 200


async def test_a_cold_start_within_its_time_is_an_answer():
    settings = "timeout: 100ms, cold_timeout: 5s"
    async with functions_serving(score=_lines(settings), cold_start=0.3) as (gateway, served):
        cold = await gateway.get("/score/7")
        warm = await gateway.get("/score/7")
        seen = gateway.gateway.upstreams["score"].details()["cold_starts"]

    assert (cold.status, warm.status) == (200, 200)
    assert (seen.cold, seen.answered, seen.late, seen.warm) == (1, 1, 0, 1)
    assert served.fleet("score").cold_starts == 1


async def test_a_cold_start_beyond_its_time_is_a_timeout():
    settings = "timeout: 100ms, cold_timeout: 200ms"
    async with functions_serving(score=_lines(settings), cold_start=0.6, step=", retry: off") as (gateway, _):
        answer = await gateway.get("/score/7")
        seen = gateway.gateway.upstreams["score"].details()["cold_starts"]

    assert (answer.status, answer.json["cause"]) == (504, "timeout")
    assert (seen.cold, seen.late) == (1, 1)


@pytest.mark.parametrize("kind", ["score", "fn"])
async def test_prewarmed_functions_meet_their_first_calls_warm(kind):
    settings = {kind: _lines("timeout: 1s, prewarm: { concurrency: 5, hold: 100ms, wait: 5s }")}
    async with functions_serving(**settings, cold_start=0.8) as (gateway, served):
        assert served.fleet("score").cold_starts == 5

        def call(number):
            if kind == "score":
                return gateway.get(f"/score/{number}")
            return gateway.ask("/fn", "POST", {"user_id": number})

        began = asyncio.get_running_loop().time()
        answers = await asyncio.gather(*map(call, range(5)))

        assert {answer.status for answer in answers} == {200}
        assert asyncio.get_running_loop().time() - began < 0.6
        details = gateway.gateway.upstreams[kind].details()
        assert (details["prewarm"].answered, details["cold_starts"].cold) == (5, 0)


async def test_without_waiting_for_it_start_up_does_not_wait():
    settings = _lines("timeout: 1s, prewarm: { concurrency: 2 }")
    began = asyncio.get_running_loop().time()
    async with functions_serving(score=settings, cold_start=1.0):
        assert asyncio.get_running_loop().time() - began < 0.8


async def test_calls_that_grow_bring_more_environments():
    settings = _lines("timeout: 1s, prewarm: { concurrency: 2, hold: 50ms, wait: 5s }")
    async with functions_serving("slow", score=settings, cold_start=0.1) as (gateway, served):
        await asyncio.gather(*(gateway.get("/slow/0.2") for _ in range(3)))
        await eventually(lambda: gateway.gateway.upstreams["score"].details()["prewarm"].rounds >= 2)
        await eventually(lambda: served.fleet("slow").idle >= 4)


@pytest.mark.slow
async def test_a_hedge_is_signed_by_itself_and_wins():
    step = ", hedge: { after: 50ms }"
    async with functions_serving("slow", cold_start=0.0, step=step) as (gateway, served):
        served.change(cold_start=0.4)
        first = asyncio.create_task(gateway.get("/slow/0"))
        await eventually(lambda: served.fleet("slow").invocations == 1)
        served.change(cold_start=0.0)
        answer = await first

        assert answer.status == 200
        assert served.fleet("slow").invocations == 2


async def test_what_is_passed_on_is_signed_and_streamed_both_ways():
    routes = '  POST /passed/{rest:path}: { proxy: { to: "score/{rest}" } }'
    async with functions_serving("echo", routes=routes) as (gateway, _):
        answer = await gateway.ask("/passed/a/b", "POST", {"x": 1})

    assert answer.status == 200
    assert json.loads(answer.json["body"]) == {"x": 1}
    async with functions_serving("pieces", routes=routes) as (gateway, _):
        assert (await gateway.ask("/passed/x", "POST", {})).body == b"[0,1,2]"


async def test_an_environment_is_busy_as_long_as_its_answer_is_passed_on():
    routes = '  GET /passed: { proxy: { to: "score/?count=3&pause=0.1" } }'
    settings = _lines("timeout: 1s, cold_timeout: 5s")
    async with functions_serving("pieces", score=settings, routes=routes) as (gateway, _):
        warmth = gateway.gateway.upstreams["score"].addresses[0].cold.warmth
        asking = asyncio.create_task(gateway.get("/passed"))
        await eventually(lambda: warmth.in_flight == 1)
        assert (await asking).body == b"[0,1,2]"
        await eventually(lambda: warmth.in_flight == 0)


def _lines(settings):
    """Settings in one line as lines of an upstream."""
    for key in ("bulkhead", "budget", "cold_timeout", "prewarm"):
        settings = settings.replace(f", {key}:", f"\n    {key}:")
    return settings
