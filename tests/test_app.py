"""The composition root: from a file to an ASGI application that opens, answers, drains and closes."""

import asyncio
import logging

import pytest

from gateway import Gateway
from gateway.config import ConfigError, load_text
from gateway.layers.circuit_state import CircuitState
from gateway.outcome import Cause
from tests.support.asgi import AsgiClient
from tests.support.gateways import gateway_of

NOWHERE = "http://127.0.0.1:1"
CONFIG = f"""
upstreams:
  a: {{ url: "{NOWHERE}", bulkhead: {{ slots: 7 }} }}
  b: {{ url: "{NOWHERE}", bulkhead: {{ slots: 5 }}, breaker: off }}
routes:
  GET /one/{{id:int}}: {{ summary: One of them, steps: {{ x: {{ get: "a/x/{{id}}" }} }} }}
  GET /both: {{ steps: {{ x: {{ get: a/x, required: true, fallback: 1 }}, y: {{ get: b/y }} }} }}
"""


async def ask(app, *args, **request):
    client = AsgiClient(*args, **request)
    await app(client.scope, client.receive, client.send)
    return client


async def metric(gateway, line):
    """Whether the admin listener's metrics have that line."""
    answer = await ask(
        gateway.admin, path="/metrics", server=("127.0.0.1", 9901), headers=[("host", "127.0.0.1")]
    )
    return line in answer.body.decode().splitlines()


def test_faults_of_a_configuration_are_known_before_anything_is_opened():
    with pytest.raises(ConfigError) as caught:
        gateway_of(CONFIG.replace("a/x/{id}", "a/x/{idd}"))

    assert [fault.message for fault in caught.value.faults] == ["nothing is called `idd`"]


def test_file_that_is_not_there_is_a_fault():
    with pytest.raises(ConfigError):
        Gateway("nowhere.yaml", environ={})


def test_loaded_configuration_is_taken_as_it_is():
    assert list(Gateway(load_text(CONFIG, {})).upstreams) == ["a", "b"]


def test_slots_of_all_upstreams_are_what_open_files_must_suffice_for():
    assert gateway_of(CONFIG).slots == 12


def test_operator_token_is_random_if_none_is_given():
    assert gateway_of(CONFIG).operator_token != gateway_of(CONFIG).operator_token
    assert gateway_of(CONFIG, operator_token="mine").operator_token == "mine"


def test_unknown_route_cannot_be_explained():
    with pytest.raises(KeyError):
        gateway_of(CONFIG).explain("GET /nowhere")


async def test_gateway_is_ready_from_open_to_drain():
    gateway = gateway_of(CONFIG)
    states = []

    async def note():
        states.append((await ask(gateway, path="/health/ready")).status)

    async with gateway:
        await note()
        gateway.drain()
        await note()

    assert states == [200, 503]


async def test_opening_twice_is_harmless():
    async with gateway_of(CONFIG) as gateway:
        await gateway.open()

        assert (await ask(gateway, path="/health/ready")).status == 200


async def test_gateway_that_was_closed_opens_again():
    gateway = gateway_of(CONFIG)
    async with gateway:
        pass

    async with gateway:
        assert (await ask(gateway, path="/health/ready")).status == 200


async def test_closing_what_never_opened_is_harmless():
    await gateway_of(CONFIG).close()


async def test_first_request_opens_a_gateway_that_nobody_opened_and_says_how_to_do_it(caplog):
    gateway = gateway_of(CONFIG)

    answer = await ask(gateway, path="/health/ready")
    await gateway.close()

    assert answer.status == 200
    assert "FastAPI(lifespan=gateway.lifespan)" in caplog.text


async def test_server_opens_and_closes_it_by_the_lifespan_protocol():
    gateway = gateway_of(CONFIG)
    messages, sent, ready = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}], [], []

    async def receive():
        if sent:
            ready.append((await ask(gateway, path="/health/ready")).status)
        return messages.pop(0)

    async def send(message):
        sent.append(message["type"])

    await gateway({"type": "lifespan"}, receive, send)

    assert (sent, ready) == (["lifespan.startup.complete", "lifespan.shutdown.complete"], [200])


async def test_application_that_mounts_it_opens_and_closes_it():
    gateway = gateway_of(CONFIG)

    async with gateway.lifespan(None):
        assert (await ask(gateway, path="/health/ready")).status == 200


async def test_websocket_is_refused():
    sent = []

    async def send(message):
        sent.append(message["type"])

    await gateway_of(CONFIG)({"type": "websocket"}, None, send)

    assert sent == ["websocket.close"]


@pytest.mark.parametrize(
    ("docs", "public", "admin"), [("public", 200, 404), ("admin", 404, 200), ("off", 404, 404)]
)
async def test_documentation_stands_where_it_is_wanted(docs, public, admin):
    async with gateway_of(CONFIG, docs=docs) as gateway:
        here = await ask(gateway, path="/openapi.json")
        there = await ask(
            gateway.admin, path="/openapi.json", server=("127.0.0.1", 9901), headers=[("host", "localhost")]
        )

    assert (here.status, there.status) == (public, admin)


async def test_documentation_names_every_route():
    async with gateway_of(CONFIG, docs="public") as gateway:
        paths = (await ask(gateway, path="/openapi.json")).json["paths"]

    assert set(paths) == {"/one/{id}", "/both"}
    assert paths["/one/{id}"]["get"]["summary"] == "One of them"


async def test_upstream_that_refuses_connections_is_unreachable():
    async with gateway_of(CONFIG) as gateway:
        answer = await ask(gateway, path="/one/7")

    assert (answer.status, answer.json["cause"]) == (502, Cause.UNREACHABLE)


async def test_upstream_that_every_route_needs_makes_it_unhealthy_when_its_circuit_opens():
    routes = "routes: { GET /x: { steps: { x: { get: a } } } }"
    async with gateway_of(f"upstreams: {{ a: {{ url: '{NOWHERE}' }} }}\n{routes}") as gateway:
        gateway.upstreams["a"].breaker.circuit.force(CircuitState.FORCED_OPEN, 0.0)
        answer = await ask(gateway, path="/health")

    assert (answer.status, answer.json["status"]) == (503, "unhealthy")


async def test_route_that_can_answer_without_an_upstream_keeps_it_degraded_only():
    async with gateway_of(CONFIG) as gateway:
        gateway.upstreams["a"].breaker.circuit.force(CircuitState.FORCED_OPEN, 0.0)
        answer = await ask(gateway, path="/health")

    assert (answer.status, answer.json["status"]) == (200, "degraded")


async def test_transition_is_logged_with_its_detail_or_else_its_reason_and_counted(caplog):
    async with gateway_of(CONFIG) as gateway:
        circuit = gateway.upstreams["a"].breaker.circuit
        for _ in range(10):
            circuit.failed(circuit.acquire(0.0), 0.0, 0.01, "failed 500")
        circuit.acquire(60.0)

        labels = 'upstream="a",old="open",new="half_open",reason="open_time_over"'
        assert await metric(gateway, f"gateway_breaker_transitions_total{{{labels}}} 1")

    opened, half_open = [record.getMessage() for record in caplog.records]
    assert opened.startswith("breaker of a: closed → open (10 ")
    assert half_open == "breaker of a: open → half_open (open_time_over)"


async def test_requests_that_no_route_took_are_counted_apart():
    async with gateway_of(CONFIG) as gateway:
        await ask(gateway, path="/nowhere")

        labels = 'route="(none)",status="404",degraded="no"'
        assert await metric(gateway, f"gateway_requests_total{{{labels}}} 1")


@pytest.mark.parametrize(("setting", "lines"), [("all", 2), ("problems", 1), ("off", 0)])
async def test_access_log_tells_what_the_server_is_configured_to_tell(setting, lines, caplog):
    caplog.set_level(logging.INFO, "gateway.access")
    async with gateway_of(f"server: {{ access_log: {setting} }}\n{CONFIG}") as gateway:
        await ask(gateway, path="/one/7")
        await ask(gateway, path="/nowhere")

    assert len([record for record in caplog.records if record.name == "gateway.access"]) == lines


async def test_lines_left_out_of_the_access_log_are_told_when_it_closes(caplog):
    async with gateway_of(CONFIG) as gateway:
        await asyncio.gather(*(ask(gateway, path="/one/7") for _ in range(25)))

    assert any(" more within 10 s: GET /one/{id:int} 50" in message for message in caplog.messages)


async def test_gateways_of_one_process_share_nothing():
    first, second = gateway_of(CONFIG), gateway_of(CONFIG)

    first.upstreams["a"].breaker.circuit.force(CircuitState.FORCED_OPEN, 0.0)

    assert first.upstreams["a"].breaker.opened
    assert not second.upstreams["a"].breaker.opened
    assert first.metrics.registry is not second.metrics.registry
