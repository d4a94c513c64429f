"""The first lines of a kind are written, then counted; quiet kinds are heard again."""

import asyncio
import logging

import pytest

from gateway.telemetry import events
from gateway.telemetry.log import Log
from gateway.telemetry.repetition import FIRST, KINDS, PERIOD, Repetition, Sparing
from tests.support.virtual_time import VirtualTimeLoop


def taken(repetition, times, key="k"):
    """How many of so many lines of one kind are written."""
    return sum(repetition.takes("event", key, lambda: f"lines of {key}") for _ in range(times))


def test_first_lines_of_a_kind_are_written_and_the_others_counted():
    repetition = Repetition()

    assert taken(repetition, 100) == FIRST
    assert repetition.turn() == [("event", "lines of k", 100 - FIRST)]


def test_kinds_are_told_apart():
    repetition = Repetition()

    assert (taken(repetition, 10, "a"), taken(repetition, 10, "b")) == (FIRST, FIRST)
    assert len(repetition) == 2


def test_kind_that_goes_on_is_only_counted():
    repetition = Repetition()
    taken(repetition, 100)
    repetition.turn()

    assert taken(repetition, 100) == 0
    assert repetition.turn() == [("event", "lines of k", 100)]


def test_kind_that_became_rare_is_heard_in_full_again():
    repetition = Repetition()
    taken(repetition, 100)
    repetition.turn()
    taken(repetition, FIRST)
    repetition.turn()

    assert taken(repetition, 3) == 3
    assert repetition.turn() == []


def test_silence_forgets_every_kind():
    repetition = Repetition()
    taken(repetition, 100)

    repetition.turn()
    repetition.turn()

    assert len(repetition) == 0


def test_number_of_kinds_is_bounded():
    repetition = Repetition()

    written = sum(taken(repetition, 1, key) for key in range(10 * KINDS))

    assert (written, len(repetition)) == (KINDS + FIRST, KINDS + 1)
    assert repetition.turn() == [("", "lines of other kinds", 9 * KINDS - FIRST)]


def test_what_a_kind_is_like_is_asked_once():
    repetition = Repetition()
    asked = []

    for _ in range(100):
        repetition.takes("event", "k", lambda: asked.append(1) or "line")

    assert len(asked) == 1


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "gateway.test")
    return lambda: [record.getMessage() for record in caplog.records]


def run(scenario):
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(scenario())


def test_count_is_told_once_a_period_and_then_no_more(lines):
    sparing = Sparing(Log("gateway.test"))

    async def scenario():
        for _ in range(50):
            sparing("TimeoutError", events.REDIS_LOST, of="a store", kind="TimeoutError")
        await asyncio.sleep(10 * PERIOD)

    run(scenario)

    line = "a store lost a connection to Redis: TimeoutError"
    assert lines() == [line] * FIRST + [f"{50 - FIRST} more within 10 s: {line}"]


def test_flush_tells_at_once_and_once(lines):
    sparing = Sparing(Log("gateway.test"))

    async def scenario():
        for _ in range(FIRST + 2):
            sparing("k", events.REDIS_LOST, of="a store", kind="OSError")
        sparing.flush()
        sparing.flush()
        await asyncio.sleep(2 * PERIOD)

    run(scenario)

    assert lines()[FIRST:] == ["2 more within 10 s: a store lost a connection to Redis: OSError"]


def test_summary_says_of_which_event_it_is(caplog):
    sparing = Sparing(Log("gateway.test"))
    for _ in range(FIRST + 1):
        sparing("k", events.REDIS_LOST, of="a store", kind="OSError")

    sparing.flush()

    facts = caplog.records[-1].msg.facts
    assert (facts["of"], facts["count"], facts["seconds"]) == ("redis.lost", 1, PERIOD)


def test_count_is_told_on_the_next_loop_if_the_first_one_ended(lines):
    sparing = Sparing(Log("gateway.test"))

    async def flood():
        for _ in range(FIRST + 1):
            sparing("k", events.REDIS_LOST, of="a store", kind="OSError")

    async def more():
        await flood()
        await asyncio.sleep(2 * PERIOD)

    run(flood)
    run(more)

    assert lines()[-1].startswith(f"{FIRST + 2} more within 10 s")


def test_line_says_where_it_was_written_and_not_who_counted(caplog):
    Sparing(Log("gateway.test"))("k", events.REDIS_LOST, of="a store", kind="OSError")

    assert caplog.records[0].filename == "test_repetition.py"
