"""One connection: every answer is read or the connection is dropped, and it comes back by itself."""

import asyncio

import pytest
from redis.exceptions import ResponseError

from gateway.stores.redis_link import TROUBLE, Link
from gateway.stores.redis_settings import RedisSettings
from tests.support.tcp_faults import TcpFaults


def link_to(port, **settings):
    told = []
    link = Link(RedisSettings(url=f"redis://127.0.0.1:{port}", **settings), lambda: 0.5, told.append)
    return link, told


async def test_answers_come_in_the_order_of_the_commands_and_errors_are_answers(server):
    link, _ = link_to(server.port)
    await link.connect()

    answers = await link.ask([("SET", "a", b"1"), ("INCRBY", "a", "x"), ("GET", "a")])

    assert (answers[0], answers[2]) == (b"OK", b"1")
    assert isinstance(answers[1], ResponseError)
    assert link.up
    await link.close()


async def test_commands_asked_as_one_are_answered_as_one_or_not_at_all(server):
    link, _ = link_to(server.port)
    await link.connect()

    assert await link.ask_as_one([("SET", "a", b"1"), ("GET", "a")]) == [b"OK", b"1"]
    assert await link.ask_as_one([("NO", "SUCH", "COMMAND"), ("GET", "a")]) == []
    assert await link.ask([("GET", "a")]) == [b"1"]
    await link.close()


async def test_link_tells_when_it_comes_up_and_when_it_goes_down(server):
    link, told = link_to(server.port)
    assert await link.try_to_connect()
    assert await link.try_to_connect()
    await link.close()
    await link.close()

    assert told == [True, False]


async def test_cancelled_question_drops_the_connection(server):
    link, told = link_to(server.port)
    await link.connect()
    server.freeze()
    asking = asyncio.ensure_future(link.ask([("GET", "a")]))
    await asyncio.sleep(0.01)

    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert (link.up, told) == (False, [True, False])
    server.thaw()
    await link.connect()
    assert await link.ask([("ECHO", "mine")]) == [b"mine"]
    await link.close()


async def test_question_without_an_answer_is_given_up_and_the_connection_with_it(server):
    link, _ = link_to(server.port, give_up=0.03)
    await link.connect()
    server.freeze()

    with pytest.raises(TROUBLE):
        await link.ask([("GET", "a")])

    assert not link.up
    server.thaw()


async def test_server_that_accepts_and_says_nothing_is_not_up(server):
    server.freeze()
    link, told = link_to(server.port, connect_timeout=0.03)

    assert not await link.try_to_connect()
    assert told == []
    server.thaw()


async def test_connect_goes_on_until_somebody_listens(server):
    link, _ = link_to(server.port)
    server.kill()
    connecting = asyncio.ensure_future(link.connect())
    await asyncio.sleep(0.02)
    assert not connecting.done()

    server.start()
    await asyncio.wait_for(connecting, 3.0)

    assert link.up
    await link.close()


async def test_connect_that_is_cancelled_leaves_nothing_open(server):
    async with TcpFaults(server.port) as between:
        between.hold()
        link, told = link_to(between.port)
        connecting = asyncio.ensure_future(link.connect())
        await asyncio.sleep(0.02)

        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting

        assert (link.up, told, between.accepted) == (False, [], 1)


async def test_an_outage_is_two_lines_of_log_however_long_it_lasts(server, caplog):
    link, _ = link_to(server.port)
    server.kill()
    for _ in range(3):
        assert not await link.try_to_connect()
    server.start()
    await link.connect()

    assert caplog.messages == ["no connection to Redis: ConnectionError", "connected to Redis again"]
    await link.close()


async def test_link_describes_itself_without_what_it_logs_in_with(server):
    link = Link(RedisSettings(url=f"redis://me:hunter2@127.0.0.1:{server.port}/3"), lambda: 0.5)

    assert repr(link) == f"<Link to redis://127.0.0.1:{server.port}/3, down>"
