"""Two listeners in one process: when they open, what they refuse, and how they stop."""

import asyncio
import contextlib
import gc
import logging
import os
import resource
import signal
import socket

import pytest

from gateway.edge.bounds import Bounds
from gateway.serve import BindError, Listener, _bind, raise_file_limit, run
from gateway.telemetry.metrics import Metrics
from gateway.timers import Timers
from tests.support.processes import free_ports, listens
from tests.support.raw_http import RawClient, ask

LOOPBACK = "127.0.0.1"


async def empty_object(scope, receive, send):
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


class FakeGateway:
    """Answers ``{}`` on both listeners, after *takes* seconds on the public one.

    Once it is open, *visitor(gateway)* runs beside it; it should end the process's serving by a signal.
    """

    def __init__(self, visitor, *, takes=0.0, slots=1, head_timeout=5.0):
        self.slots = slots
        self.metrics = Metrics()
        self.timers = Timers()
        head, unread, metrics = self.timers.of(head_timeout), self.timers.of(60.0), self.metrics
        self.bounds = Bounds(1024, head, unread, metrics.count_refused_head, metrics.count_stalled)
        self.admin = empty_object
        self.opened = self.closed = self.drained = self.hurried = 0
        self.seen = []
        self._visitor, self._takes = visitor, takes

    def clients(self, slow):
        return slow

    async def __aenter__(self):
        self.opened += 1
        self.timers.loop = asyncio.get_running_loop()
        self._task = asyncio.ensure_future(self._visitor(self))
        return self

    async def __aexit__(self, *_):
        self.closed += 1
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def drain(self):
        self.drained += 1

    def hurry(self):
        self.hurried += 1

    async def __call__(self, scope, receive, send):
        self.seen.append("asked")
        await asyncio.sleep(self._takes)
        await empty_object(scope, receive, send)


@pytest.fixture(autouse=True)
def as_it_was():
    """Serving changes the collector and the limits of the process."""
    thresholds, limits = gc.get_threshold(), resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.fixture
def ports():
    return free_ports(2)


def serve(gateway, ports):
    run(gateway, *(Listener(LOOPBACK, port) for port in ports))


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


def stop(number=signal.SIGTERM):
    os.kill(os.getpid(), number)


def test_bound_port_refuses_connections_until_it_is_served(ports):
    bound = _bind(Listener(LOOPBACK, ports[0]))
    with bound:
        assert not listens(ports[0])


def test_port_0_takes_a_free_one():
    with _bind(Listener(LOOPBACK, 0)) as bound:
        assert bound.getsockname()[1] > 0


def test_taken_port_is_told_and_nothing_is_opened(ports):
    gateway = FakeGateway(None)
    with socket.create_server((LOOPBACK, ports[1])), pytest.raises(BindError) as caught:
        serve(gateway, ports)

    assert str(caught.value) == f"cannot listen on {LOOPBACK}:{ports[1]}: Address already in use"
    assert gateway.opened == 0


@pytest.mark.parametrize(
    ("public", "admin"), [(LOOPBACK, LOOPBACK), ("0.0.0.0", LOOPBACK), (LOOPBACK, "0.0.0.0")]
)
def test_one_port_for_both_listeners_is_told_and_nothing_is_opened(ports, public, admin):
    gateway = FakeGateway(None)

    with pytest.raises(BindError, match=rf"cannot listen on {admin}:{ports[0]} twice: give --port and "):
        run(gateway, Listener(public, ports[0]), Listener(admin, ports[0]))

    assert gateway.opened == 0


def test_address_of_another_machine_is_told():
    with pytest.raises(BindError, match=r"cannot listen on 192\.0\.2\.1:0: "):
        _bind(Listener("192.0.2.1", 0))


def test_limit_of_open_files_is_lifted_to_the_hard_one():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))

    assert raise_file_limit() == hard


@pytest.mark.parametrize(("surplus", "warnings"), [(0, 0), (1, 1)])
def test_more_slots_than_open_files_are_warned_of(ports, caplog, surplus, warnings):
    async def visitor(gateway):
        stop()

    serve(FakeGateway(visitor, slots=raise_file_limit() + surplus), ports)

    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == warnings


def test_both_listeners_answer(ports):
    answers = []

    async def visitor(gateway):
        await until(lambda: all(map(listens, ports)))
        answers.extend([await ask(port, "GET", "/") for port in ports])
        stop()

    serve(FakeGateway(visitor), ports)

    assert [(each.status, each.json) for each in answers] == [(200, {}), (200, {})]
    assert all("server" not in each.headers for each in answers)


def test_both_listeners_bound_the_time_of_a_head_and_only_the_public_one_counts_it(ports):
    answers = []

    async def late(port):
        async with RawClient(port) as client:
            client.writer.write(b"GET")
            return await client.answer()

    async def visitor(gateway):
        await until(lambda: all(map(listens, ports)))
        answers.extend(await asyncio.gather(*map(late, ports)))
        stop()

    gateway = FakeGateway(visitor, head_timeout=0.1)
    serve(gateway, ports)

    assert [(each.status, each.json["cause"]) for each in answers] == [(408, "head_too_slow")] * 2
    assert b'gateway_heads_refused_total{status="408"} 1\n' in gateway.metrics.exposition()[0]


def test_addresses_are_logged_as_urls(ports, caplog):
    caplog.set_level(logging.INFO, "gateway.serve")

    async def visitor(gateway):
        stop()

    serve(FakeGateway(visitor), ports)

    assert caplog.messages == [
        f"gateway on http://{LOOPBACK}:{ports[0]}",
        f"admin on http://{LOOPBACK}:{ports[1]}",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_x1_signal_drains_closes_and_frees_the_ports(ports, number):
    async def visitor(gateway):
        await until(lambda: all(map(listens, ports)))
        stop(number)

    gateway = FakeGateway(visitor)
    serve(gateway, ports)

    assert (gateway.drained, gateway.closed, gateway.hurried) == (1, 1, 0)
    assert not any(map(listens, ports))


def test_request_under_way_gets_its_answer_before_the_end(ports):
    answers = []

    async def visitor(gateway):
        await until(lambda: listens(ports[0]))
        asking = asyncio.ensure_future(ask(ports[0], "GET", "/"))
        await until(lambda: gateway.seen)
        stop()
        answers.append(await asking)

    serve(FakeGateway(visitor, takes=0.3), ports)

    assert [each.status for each in answers] == [200]


def test_second_signal_waits_for_nobody(ports):
    async def visitor(gateway):
        await until(lambda: listens(ports[0]))
        async with RawClient(ports[0]) as client:
            client.send("GET", "/")
            await until(lambda: gateway.seen)
            stop()
            await until(lambda: gateway.drained)
            stop()
            await asyncio.sleep(60)

    gateway = FakeGateway(visitor, takes=60)
    serve(gateway, ports)

    assert (gateway.hurried, gateway.closed) == (1, 1)
