"""One connection: every answer is read or the connection is dropped, and it comes back by itself."""

import asyncio
import contextlib

import pytest
from redis.asyncio import Connection
from redis.exceptions import ResponseError

from gateway.stores.redis_dial import Dialer
from gateway.stores.redis_link import Link
from gateway.stores.redis_question import Asked, Trouble, UnansweredError
from gateway.stores.redis_settings import RedisSettings
from tests.support.tcp_faults import TcpFaults

IN_TIME = 5.0


class Linked:
    """A link, what it told, and a way to ask."""

    def __init__(self, port, **settings):
        self.told = []
        changed = {"connect_timeout": 3.0, "give_up": 5.0} | settings
        settings = RedisSettings(url=f"redis://127.0.0.1:{port}", **changed)
        make = Dialer(settings).connection
        self.link = Link(
            make,
            settings,
            lambda: 0.5,
            lambda link: self.told.append(link.up),
            lambda question, answers: question.answered(answers),
        )

    def put(self, *commands):
        asked = Asked(commands, None)
        self.link.put(asked)
        return asked.future

    async def ask(self, *commands):
        return await self.put(*commands)

    async def until(self, up):
        async with asyncio.timeout(IN_TIME):
            while self.link.up is not up:
                await asyncio.sleep(0.002)

    async def until_made(self, count):
        async with asyncio.timeout(IN_TIME):
            while self.link.made < count:
                await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def linked(port, **settings):
    there = Linked(port, **settings)
    await there.link.start()
    try:
        yield there
    finally:
        await there.link.close()


async def test_answers_come_in_the_order_of_the_commands_and_errors_are_answers(server):
    async with linked(server.port) as there:
        answers = await there.ask(("SET", "a", b"1"), ("INCRBY", "a", "x"), ("GET", "a"))

        assert (answers[0], answers[2]) == (b"OK", b"1")
        assert isinstance(answers[1], ResponseError)
        assert there.link.up


async def test_questions_do_not_wait_for_each_other_and_keep_their_own_answers(server):
    async with linked(server.port) as there:
        asked = [there.put(("ECHO", b"%d" % number)) for number in range(500)]

        assert await asyncio.gather(*asked) == [[b"%d" % number] for number in range(500)]
        assert there.link.load == 0


async def test_link_tells_when_it_comes_up_and_when_it_goes_down(server):
    async with linked(server.port) as there:
        assert there.told == [True]

    assert there.told == [True, False]
    assert (there.link.up, there.link.note) == (False, "closed")


async def test_question_nobody_wants_any_more_is_not_sent_and_a_sent_one_is_read_past(server):
    async with linked(server.port) as there:
        unwanted = there.put(("SET", "a", "1"))
        unwanted.cancel()
        assert await there.ask(("GET", "a")) == [None]

        server.freeze()
        sent = there.put(("ECHO", "theirs"))
        await asyncio.sleep(0.01)
        sent.cancel()
        server.thaw()

        assert await there.ask(("ECHO", "mine")) == [b"mine"]
        assert there.told == [True]


async def test_question_without_an_answer_is_given_up_and_the_connection_with_it(server):
    async with linked(server.port, give_up=0.03) as there:
        server.freeze()

        with pytest.raises(UnansweredError) as failed:
            await there.ask(("GET", "a"))

        assert failed.value.args == (Trouble.LOST, "no answer in time")
        server.thaw()
        await there.until(up=True)


async def test_end_of_an_idle_connection_is_noticed_and_costs_no_question(server):
    async with TcpFaults(server.port) as between, linked(between.port) as there:
        between.cut()
        await there.until_made(2)

        assert await there.ask(("ECHO", "1")) == [b"1"]
        assert (there.link.made, there.link.lost) == (2, 1)


async def test_connection_that_ends_within_an_answer_is_lost_for_all_that_were_sent(server):
    async with TcpFaults(server.port) as between, linked(between.port) as there:
        between.hold()
        asked = [there.put(("ECHO", "1")) for _ in range(10)]
        await asyncio.sleep(0.02)
        between.cut()

        ends = await asyncio.gather(*asked, return_exceptions=True)

        assert [end.args[0] for end in ends] == [Trouble.LOST] * 10
        between.release()
        await there.until_made(2)


async def test_server_that_accepts_and_says_nothing_is_not_up(server):
    server.freeze()
    async with linked(server.port, connect_timeout=0.03) as there:
        assert (there.link.up, there.link.hopeful, there.link.note) == (False, False, "no answer in time")
        server.thaw()


async def test_connecting_goes_on_until_somebody_listens(server):
    server.kill()
    async with linked(server.port) as there:
        assert not there.link.up

        server.start()
        await there.until(up=True)


async def test_closing_while_it_connects_leaves_nothing_open(server):
    async with TcpFaults(server.port) as between:
        between.hold()
        there = Linked(between.port)
        opening = there.link.start()
        await asyncio.sleep(0.02)

        await there.link.close()
        await opening

        assert (there.link.up, there.told, between.accepted) == (False, [], 1)


async def test_an_outage_is_two_lines_of_log_however_long_it_lasts(server, caplog):
    server.kill()
    async with linked(server.port) as there:
        await asyncio.sleep(0.2)
        server.start()
        await there.until(up=True)

    told = "a store has no connection to Redis: ConnectionRefusedError"
    assert caplog.messages == [told, "a store is connected to Redis again"]


async def test_answer_over_the_bound_is_an_error_and_the_next_one_is_whole(server):
    async with linked(server.port, max_answer=1000) as there:
        large = b"x" * 300_000
        await there.ask(("SET", "large", large), ("SET", "fits", b"y" * 1000), ("RPUSH", "list", large, "z"))

        answers = await there.ask(("GET", "large"), ("GET", "fits"), ("LRANGE", "list", 0, -1), ("ECHO", "1"))

        assert [type(answer).__name__ for answer in answers[::2]] == ["AnswerTooLargeError"] * 2
        assert answers[1::2] == [b"y" * 1000, b"1"]
        assert there.told == [True]


async def test_refusal_that_the_client_takes_for_an_end_is_an_answer(server):
    async with linked(server.port) as there:
        await there.ask(("CONFIG", "SET", "requirepass", "hunter2"))
        fresh = Linked(server.port)
        await fresh.link.start()

        assert "NOAUTH" in fresh.link.note
        await fresh.link.close()
        assert (await there.ask(("ECHO", "1"))) == [b"1"]


async def test_link_describes_itself_without_what_it_logs_in_with(server):
    settings = RedisSettings(url=f"redis://me:hunter2@127.0.0.1:{server.port}/3")
    link = Link(Connection, settings, lambda: 0.5, print, print)

    assert repr(link) == f"<Link to redis://127.0.0.1:{server.port}/3, down>"
