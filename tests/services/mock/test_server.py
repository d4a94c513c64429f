"""A service as a process: quiet, one clear message when its port is taken, gone at once when told."""

import asyncio
import signal

import pytest

from tests.support.processes import free_ports, listens, running, stopped_in
from tests.support.raw_http import RawClient, ask


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_within_a_second_though_requests_hang(number):
    port = free_ports(1)[0]
    with running("-m", "services.mock", "orders", "--port", str(port), ports=[port]) as process:
        await ask(port, "PUT", "/__faults", {"mode": "hang"})
        await ask(port, "PUT", "/__faults", {"path": "/internal/orders", "latency_ms": 60_000})
        async with RawClient(port) as hung, RawClient(port) as late, RawClient(port):
            hung.send("GET", "/hung")
            late.send("GET", "/internal/orders?user_id=1")
            async with asyncio.timeout(2.0):
                while (await ask(port, "GET", "/__stats")).json["in_flight"] < 2:
                    await asyncio.sleep(0.01)
            took = await asyncio.to_thread(stopped_in, process, number)
        assert took < 1.5  # a second, and what a busy machine takes to notice
        assert process.returncode == 0
        assert process.stdout.read() == ""


@pytest.mark.slow
async def test_a_request_that_breaks_the_protocol_gets_400_and_the_service_goes_on():
    port = free_ports(1)[0]
    with running("-m", "services.mock", "users", "--port", str(port), ports=[port]):
        async with RawClient(port) as client:
            client.writer.write(b"nonsense\r\n\r\n")
            assert (await client.head())[0] == 400
        assert (await ask(port, "GET", "/internal/users/1")).status == 200


@pytest.mark.slow
def test_a_taken_port_is_named_and_no_service_starts():
    before, taken, _ = free_ports(3)
    with (
        running("-m", "services.mock", "users", "--port", str(taken), ports=[taken]),
        running("-m", "services.mock", "all", "--port", str(before)) as second,
    ):
        assert second.wait(20) == 1
        assert f"cannot listen on 127.0.0.1:{taken}" in second.stdout.read()
        assert not listens(before)
