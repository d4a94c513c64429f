"""Every fault mode, as the bytes on the wire show it."""

import asyncio
import json
import time

import pytest

from services.mock.faults import Mode
from services.mock.modes import HUGE_BYTES, SPOIL
from tests.support.raw_http import RawClient, ask

USER = "/internal/users/7"


async def put(port, **fault):
    answer = await ask(port, "PUT", "/__faults", fault)
    assert answer.status == 200, answer.body


def test_every_mode_has_its_function():
    assert set(SPOIL) == set(Mode)


async def test_hang_sends_nothing_and_keeps_the_connection(ports):
    await put(ports["users"], mode="hang")
    async with RawClient(ports["users"]) as client:
        client.send("GET", USER)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await client.reader.read(1)


async def test_reset_ends_the_connection_with_rst_before_the_first_byte(ports):
    await put(ports["users"], mode="reset")
    async with RawClient(ports["users"]) as client:
        client.send("GET", USER)
        with pytest.raises(ConnectionResetError):
            await client.reader.read(1)


async def test_truncate_promises_the_whole_body_and_closes_after_half_of_it(ports):
    whole = (await ask(ports["users"], "GET", USER)).body
    await put(ports["users"], mode="truncate")
    async with RawClient(ports["users"]) as client:
        client.send("GET", USER)
        status, headers = await client.head()
        rest = await client.reader.read()
    assert (status, headers["content-length"]) == (200, str(len(whole)))
    assert rest == whole[: len(whole) // 2]


async def test_invalid_json_is_well_framed_and_stops_in_the_middle_of_the_document(ports):
    await put(ports["users"], mode="invalid_json")
    async with RawClient(ports["users"]) as client:
        for _ in range(2):
            client.send("GET", USER)
            answer = await client.answer()
            assert answer.headers["content-type"] == "application/json"
            with pytest.raises(json.JSONDecodeError):
                json.loads(answer.body)


async def test_bad_length_sends_more_than_it_promised_on_a_connection_that_stays_open(ports):
    whole = (await ask(ports["users"], "GET", USER)).body
    await put(ports["users"], mode="bad_length")
    async with RawClient(ports["users"]) as client:
        client.send("GET", USER)
        answer = await client.answer()
        surplus = await client.reader.readexactly(len(whole) - len(answer.body))
        assert answer.body + surplus == whole
        assert len(answer.body) == len(whole) // 2
        client.send("GET", USER)
        assert (await client.answer()).status == 200


@pytest.mark.slow
async def test_drip_sends_one_byte_per_tenth_of_a_second(ports):
    await put(ports["users"], mode="drip")
    async with RawClient(ports["users"]) as client:
        client.send("GET", USER)
        await client.head()
        began = time.monotonic()
        first = await client.reader.readexactly(5)
        took = time.monotonic() - began
    assert first == b'{"id"'
    assert 0.35 <= took <= 1.0


@pytest.mark.slow
async def test_huge_is_a_valid_document_of_fifty_megabytes_without_a_length(ports):
    await put(ports["users"], mode="huge")
    answer = await ask(ports["users"], "GET", USER)
    assert "content-length" not in answer.headers
    assert len(answer.body) > HUGE_BYTES * 0.99
    assert set(answer.json) == {"padding"}


async def test_status_and_mode_together_spoil_the_error_answer(ports):
    await put(ports["users"], status=503, mode="truncate")
    async with RawClient(ports["users"]) as client:
        client.send("GET", USER)
        status, headers = await client.head()
        assert status == 503
        assert len(await client.reader.read()) < int(headers["content-length"])


@pytest.mark.parametrize("mode", ["hang", "drip", "huge"])
async def test_a_client_that_leaves_ends_the_endless_modes(ports, mode):
    port = ports["users"]
    await put(port, mode=mode)
    async with RawClient(port) as client:
        client.send("GET", USER)
        await wait_for(port, in_flight=1)
    await wait_for(port, in_flight=0, closed_by_client=1)


async def wait_for(port, **wanted):
    async with asyncio.timeout(2.0):
        while True:
            stats = (await ask(port, "GET", "/__stats")).json
            if {name: stats[name] for name in wanted} == wanted:
                return
            await asyncio.sleep(0.01)
