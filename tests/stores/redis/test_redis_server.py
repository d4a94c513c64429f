"""A server's connections: who gets a question, what waits, and what fails at once."""

import asyncio
import contextlib

import pytest

from gateway.stores.redis_dial import Dialer
from gateway.stores.redis_question import Asked, Trouble, UnansweredError
from gateway.stores.redis_server import Server, state_of
from gateway.stores.redis_settings import RedisSettings
from tests.support.tcp_faults import TcpFaults


@contextlib.asynccontextmanager
async def asked(port, **settings):
    """A server that was started, but not awaited, and how often it was told to be down."""
    changed = RedisSettings(
        url=f"redis://127.0.0.1:{port}", **{"connect_timeout": 1.0, "give_up": 1.0} | settings
    )
    down = []
    there = Server(
        Dialer(changed).connection,
        changed,
        lambda: 0.5,
        lambda question, answers: question.answered(answers),
        lambda: down.append(1),
    )
    try:
        yield there, down
    finally:
        await there.close()


def put(server, *commands):
    question = Asked(commands, None)
    server.put(question)
    return question.future


async def trouble(future):
    with pytest.raises(UnansweredError) as failed:
        await future
    return failed.value.args[0]


async def test_questions_go_to_the_connection_with_the_least_to_do(server):
    async with asked(server.port, links=3) as (there, _):
        await there.start()
        async with asyncio.timeout(10.0):
            while not all(link.up for link in there.links):
                await asyncio.sleep(0.005)
        server.freeze()
        futures = [put(there, ("ECHO", number)) for number in range(9)]

        assert [link.load for link in there.links] == [3, 3, 3]
        server.thaw()
        assert await asyncio.gather(*futures) == [[b"%d" % number] for number in range(9)]


async def test_question_waits_while_a_connection_is_being_made_and_not_longer(server):
    async with TcpFaults(server.port) as between, asked(between.port, connect_timeout=0.2) as (there, down):
        between.hold()
        started = there.start()
        waiting = put(there, ("ECHO", "1"))
        assert there.waiting == 1

        assert await trouble(waiting) is Trouble.UNSENT
        await started
        assert down
        assert await trouble(put(there, ("ECHO", "2"))) is Trouble.UNSENT
        between.release()


async def test_unsent_questions_of_a_lost_connection_go_to_another(server):
    async with asked(server.port) as (there, _):
        await there.start()
        first = there.links[0]
        question = Asked([("ECHO", "1")], None)
        first._waiting.append(question)  # as if whoever sends were busy with an earlier one

        await first.close()

        assert await question.future == [b"1"]


async def test_more_questions_than_agreed_are_refused(server):
    async with asked(server.port, max_asked=5) as (there, _):
        await there.start()
        futures = [put(there, ("ECHO", number)) for number in range(7)]

        assert [await trouble(future) for future in futures[5:]] == [Trouble.FULL] * 2
        assert await asyncio.gather(*futures[:5]) == [[b"%d" % number] for number in range(5)]


async def test_state_tells_of_all_connections(server):
    async with asked(server.port) as (there, _):
        assert state_of([there]).trouble == "not opened"
        await there.start()
        server.freeze()
        future = put(there, ("ECHO", "1"))
        state = state_of([there])
        assert (state.up, state.of, state.busy, state.asked, state.made, state.trouble) == (2, 2, 1, 1, 2, "")
        server.thaw()
        await future
