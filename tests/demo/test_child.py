"""One child: its lines come through, its end is told, and it ends when it is told to."""

import asyncio
import os
import signal
import time

import pytest

from gateway.demo.child import LONGEST_LINE, TAIL, Child


@pytest.fixture
def tether():
    reading, writing = os.pipe()
    yield reading
    os.close(reading)
    os.close(writing)


@pytest.fixture
def start(tether):
    lines = []

    async def start(*arguments):
        child = await Child.start(
            "part",
            ("tests.support.talker", *arguments),
            tether,
            {"GREETING": "hi"},
            lambda *line: lines.append(line),
        )
        child.lines = lines
        return child

    return start


async def test_its_lines_are_relayed_with_its_name(start):
    child = await start("say", "one", "two")
    await child.ended
    await child.stop(1.0)
    assert child.lines == [("part", "one"), ("part", "two")]


async def test_its_environment_is_ours_and_what_was_given(start):
    child = await start("greet")
    await child.obituary()
    assert child.lines == [("part", "hi")]


async def test_an_endless_line_is_cut_into_pieces(start):
    child = await start("long", str(LONGEST_LINE * 2 + 7))
    await child.obituary()
    assert sum(len(text) for _, text in child.lines) == LONGEST_LINE * 2 + 7
    assert max(len(text) for _, text in child.lines) <= LONGEST_LINE * 2


async def test_its_obituary_tells_the_exit_code_and_the_last_lines(start):
    child = await start("count", "30")
    told = await child.obituary()
    assert "part stopped by itself (exit code 5)" in told
    assert told.count("\n") == TAIL
    assert told.endswith("line 30")


async def test_its_obituary_names_the_signal_that_killed_it(start):
    child = await start("wait")
    child.kill()
    assert await child.obituary() == "part stopped by itself (killed by SIGKILL) without a word"


async def test_a_deaf_child_is_killed_after_its_grace(start):
    child = await start("deaf")
    async with asyncio.timeout(10):
        while not child.lines:
            await asyncio.sleep(0.01)
    began = time.monotonic()
    await child.stop(0.2)
    assert time.monotonic() - began >= 0.2
    assert child.ended.result() == -signal.SIGKILL
