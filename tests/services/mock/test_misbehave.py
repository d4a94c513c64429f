"""Delays, statuses and shares of requests over real sockets, and what faults leave alone."""

import time

import pytest

from services.mock.app import create_app
from tests.support.raw_http import RawClient, ask

USER = "/internal/users/7"


async def put(port, **fault):
    assert (await ask(port, "PUT", "/__faults", fault)).status == 200


async def test_a_status_fault_answers_with_that_status_and_json(ports):
    await put(ports["users"], status=503)
    answer = await ask(ports["users"], "GET", USER)
    assert (answer.status, answer.headers["content-type"]) == (503, "application/json")
    assert "detail" in answer.json


async def test_a_status_without_body_promises_none(ports):
    await put(ports["users"], status=204)
    async with RawClient(ports["users"]) as client:
        for _ in range(2):
            client.send("GET", USER)
            status, headers = await client.head()
            assert status == 204
            assert "content-length" not in headers
            assert "transfer-encoding" not in headers


async def test_latency_delays_the_right_answer(ports):
    plain = await ask(ports["users"], "GET", USER)
    await put(ports["users"], latency_ms=150, jitter_ms=20)
    began = time.monotonic()
    late = await ask(ports["users"], "GET", USER)
    assert time.monotonic() - began >= 0.125
    assert late.body == plain.body


@pytest.mark.parametrize(("share", "late"), [(1.0, True), (1e-9, False)])
async def test_stalls_delay_that_share_of_the_right_answers(ports, share, late):
    plain = await ask(ports["users"], "GET", USER)
    await put(ports["users"], stall_ms=150, stall_rate=share)
    began = time.monotonic()
    answer = await ask(ports["users"], "GET", USER)
    assert (time.monotonic() - began >= 0.149) is late
    assert answer.body == plain.body


async def test_error_rate_alone_means_that_share_of_500s(ports):
    await put(ports["users"], error_rate=0.5)
    async with RawClient(ports["users"]) as client:
        statuses = []
        for _ in range(200):
            client.send("GET", USER)
            statuses.append((await client.answer()).status)
    assert set(statuses) == {200, 500}
    # a fair coin leaves this range once in about 10^11 runs
    assert 52 <= statuses.count(500) <= 148


async def test_error_rate_zero_lets_everything_through(ports):
    await put(ports["users"], mode="reset", error_rate=0)
    assert (await ask(ports["users"], "GET", USER)).status == 200


async def test_a_fault_meets_its_path_only(ports):
    await put(ports["users"], path="/internal/users/7", status=500)
    assert (await ask(ports["users"], "GET", USER)).status == 500
    assert (await ask(ports["users"], "GET", "/internal/users/70")).status == 200


async def test_a_fault_of_one_service_leaves_the_others_alone(ports):
    await put(ports["users"], status=500)
    assert (await ask(ports["recommendations"], "GET", "/internal/recommend/vip")).status == 200


async def test_control_paths_answer_while_everything_else_hangs(ports):
    await put(ports["users"], mode="hang")
    assert (await ask(ports["users"], "GET", "/__stats")).status == 200
    assert (await ask(ports["users"], "DELETE", "/__faults")).status == 204
    assert (await ask(ports["users"], "GET", USER)).status == 200


@pytest.mark.parametrize("client", [("192.0.2.7", 4711), ("2001:db8::1", 4711), None])
async def test_the_control_api_refuses_other_machines(client):
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/__faults", "client": client, "headers": []}
    await create_app("users")(scope, receive, send)
    assert sent[0]["status"] == 403
