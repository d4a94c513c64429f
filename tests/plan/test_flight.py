"""A flight is a task without the task: it starts at once, and tells when it has landed."""

import asyncio

import pytest

from gateway.plan.flight import Flight


async def test_flight_starts_before_its_maker_goes_on():
    order = []

    async def step():
        order.append("step")

    Flight(step())
    order.append("maker")

    assert order == ["step", "maker"]


async def test_flight_goes_on_when_what_it_waits_for_is_there():
    future, got = asyncio.get_running_loop().create_future(), []

    async def step():
        got.append(await future)
        got.append(await asyncio.sleep(0, "slept"))

    Flight(step())
    future.set_result("answer")
    for _ in range(4):
        await asyncio.sleep(0)

    assert got == ["answer", "slept"]


async def test_landing_is_told_once():
    future, landed = asyncio.get_running_loop().create_future(), []

    async def step():
        await future

    flight = Flight(step())
    flight.add_done_callback(landed.append)
    future.set_result(None)
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert landed == [flight]


async def test_cancelled_flight_ends_where_it_waits_and_cleans_up():
    future, order = asyncio.get_running_loop().create_future(), []

    async def step():
        try:
            await future
        except asyncio.CancelledError:
            order.append("cancelled")
            raise
        finally:
            order.append("released")

    flight = Flight(step())
    flight.add_done_callback(lambda _: order.append("landed"))
    flight.cancel()
    flight.cancel()
    future.set_result("late")
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert order == ["cancelled", "released", "landed"]


async def test_exception_of_a_flight_is_told_to_the_loop():
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))

    async def step():
        raise KeyError("bug")

    Flight(step())

    assert [type(error) for error in told] == [KeyError]


async def test_exception_set_on_the_awaited_future_arrives_in_the_flight():
    future, got = asyncio.get_running_loop().create_future(), []

    async def step():
        try:
            await future
        except OSError as error:
            got.append(error)

    Flight(step())
    future.set_exception(OSError("gone"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert len(got) == 1


async def test_flight_that_exits_the_program_does_so():
    async def step():
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        Flight(step())


async def test_cancelled_flight_that_still_cleans_up_is_not_woken_by_what_it_waited_for_before():
    loop, order = asyncio.get_running_loop(), []
    first, second = loop.create_future(), loop.create_future()

    async def step():
        try:
            await first
        finally:
            order.append(await second)

    flight = Flight(step())
    flight.cancel()
    first.set_result("too early")
    await asyncio.sleep(0)
    assert order == []
    second.set_result("cleaned up")
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert order == ["cleaned up"]
