import asyncio
import socket
import threading
import time

import pytest

from gateway.transport.resolve import Resolver, system_lookup


class Names:
    """A name server that counts, and answers when it is let."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.open = threading.Event()
        self.open.set()

    def __call__(self, host, port):
        self.asked += 1
        assert self.open.wait(5)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OSError):
            raise answer
        return answer


def resolver(names, **options) -> Resolver:
    return Resolver("a.example", 80, lookup=names, **options)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_literal_address_is_never_looked_up(host):
    names = Names(OSError("asked"))
    assert await Resolver(host, 80, lookup=names).addresses() == [host]
    assert names.asked == 0


async def test_callers_at_once_share_one_look_up():
    names = Names(["10.0.0.1"])
    names.open.clear()
    it = resolver(names)
    tasks = [asyncio.create_task(it.addresses()) for _ in range(20)]
    await asyncio.sleep(0.01)
    tasks[0].cancel()
    names.open.set()
    await asyncio.wait(tasks)
    assert [task.result() for task in tasks[1:]] == [["10.0.0.1"]] * 19
    assert names.asked == 1


async def test_answer_is_used_until_it_is_old():
    names = Names(["10.0.0.1"], ["10.0.0.2"])
    it = resolver(names, fresh_for=0.02)
    assert await it.addresses() == await it.addresses() == ["10.0.0.1"]
    await asyncio.sleep(0.03)
    assert await it.addresses() == ["10.0.0.2"]
    assert names.asked == 2


@pytest.mark.parametrize("answer", [socket.gaierror(-2, "unknown"), []])
async def test_last_good_addresses_outlive_a_failing_name_server(answer):
    names = Names(["10.0.0.1"], answer)
    it = resolver(names, fresh_for=0)
    for _ in range(3):
        assert await it.addresses() == ["10.0.0.1"]
    assert names.asked == 3


async def test_last_good_addresses_are_used_while_a_name_server_hangs():
    names = Names(["10.0.0.1"], ["10.0.0.2"])
    it = resolver(names, fresh_for=0, patience=0.01)
    await it.addresses()
    names.open.clear()
    assert await it.addresses() == ["10.0.0.1"]
    assert await it.addresses() == ["10.0.0.1"]
    names.open.set()
    assert names.asked == 2


async def test_nobody_waits_for_a_look_up_that_is_known_to_hang():
    names = Names(["10.0.0.1"], ["10.0.0.2"], ["10.0.0.3"])
    it = resolver(names, fresh_for=0, patience=0.05)
    await it.addresses()
    names.open.clear()
    await it.addresses()
    start = time.monotonic()
    for _ in range(10):
        assert await it.addresses() == ["10.0.0.1"]
    assert time.monotonic() - start < 0.05
    names.open.set()
    while it._flight is not None:
        await asyncio.sleep(0.001)
    assert await it.addresses() == ["10.0.0.3"]


async def test_doubt_makes_the_next_asker_look_up_again():
    names = Names(["10.0.0.1"], ["10.0.0.2"])
    it = resolver(names)
    await it.addresses()
    it.doubt()
    assert await it.addresses() == ["10.0.0.2"]
    literal = Resolver("127.0.0.1", 80, lookup=Names(OSError("asked")))
    literal.doubt()
    assert await literal.addresses() == ["127.0.0.1"]


@pytest.mark.parametrize("answer", [socket.gaierror(-2, "unknown"), []])
async def test_name_that_was_never_found_is_an_error_and_is_asked_for_again(answer):
    names = Names(answer, ["10.0.0.1"])
    it = resolver(names)
    with pytest.raises(OSError, match=r"a\.example"):
        await it.addresses()
    assert await it.addresses() == ["10.0.0.1"]


async def test_address_that_answered_is_tried_first():
    it = resolver(Names(["10.0.0.1", "10.0.0.2", "10.0.0.3"]))
    await it.addresses()
    it.prefer("10.0.0.2")
    assert await it.addresses() == ["10.0.0.2", "10.0.0.1", "10.0.0.3"]
    it.prefer("10.9.9.9")
    assert await it.addresses() == ["10.0.0.2", "10.0.0.1", "10.0.0.3"]


def test_look_up_that_ends_after_its_loop_harms_nobody():
    names = Names(["10.0.0.1"])
    names.open.clear()
    it = resolver(names)

    async def leave():
        task = asyncio.create_task(it.addresses())
        await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(leave())
    names.open.set()
    assert asyncio.run(it.addresses()) == ["10.0.0.1"]


def test_system_knows_localhost():
    assert set(system_lookup("localhost", 80)) <= {"127.0.0.1", "::1"}
