"""A soak judges what drifted from its first minutes to its last."""

from contextlib import AsyncExitStack

import pytest

from bench.faults.mocks import Mocks
from bench.faults.seen import Kind, Record
from bench.faults.soak import Lengths, Round, Soak, drift, judged, report
from bench.faults.watched import Inside
from bench.machine import MissingError, two_cores


def minute(p99=0.01, memory=50e6, files=30, tasks=3, timers=10, calm="c" * 100):
    record = Record(10.0, calm, [p99] * len(calm))
    return Round(record, record, int(memory), files, Inside(tasks, timers, 0, 1000))


def missed(*rounds):
    return [text for text, _, kept in judged(rounds) if not kept]


def test_nothing_that_stays_as_it_was_is_missed():
    assert missed(*[minute()] * 10) == []


def test_drift_compares_the_last_third_with_the_first_by_their_medians():
    rounds = [minute(p99=ms / 1000) for ms in (10, 10, 99, 50, 50, 50, 12, 12, 1)]

    assert round(drift(rounds), 3) == 0.2
    assert missed(*rounds) == ["p99 of the calm rises by < 10 %"]


def test_most_timers_at_any_time_count():
    assert missed(minute(), minute(timers=10_000), minute()) == ["timers < 10,000"]


def test_what_is_held_in_the_end_is_compared_with_the_first_round():
    grown = minute(memory=71e6, files=51, tasks=14)

    assert missed(minute(), grown) == ["open files", "tasks", "resident memory, after the first round"]
    assert missed(minute(), grown, minute()) == []


def test_one_incomplete_answer_in_a_calm_is_one_too_many():
    assert missed(minute(calm="c" * 99 + "p")) == ["calm: every answer complete"]


def test_report_has_a_line_per_minute():
    lines = report([minute(), minute()], "Measured.").splitlines()

    assert [line.split("|")[1].strip() for line in lines if line.startswith(("| 1 ", "| 2 "))] == ["1", "2"]
    assert lines[-1] == "Measured."


@pytest.mark.slow
async def test_m6_mixed_faults_leave_a_gateway_that_is_well(tmp_path):
    try:
        cores = two_cores()
    except MissingError as error:
        pytest.skip(str(error))
    async with AsyncExitStack() as stack:
        mocks = await stack.enter_async_context(Mocks(cores[0], tmp_path))
        await mocks.restore()
        soak = Soak(mocks, cores, tmp_path, seed=6, lengths=Lengths(4.0, 3.0, 1.0))
        with await soak.start() as server:
            rounds = [await soak.round(server) for _ in range(2)]

    found = {text: (words, kept) for text, words, kept in judged(rounds)}
    del found["p99 of the calm rises by < 10 %"]  # a second of calm has no percentiles
    assert [text for text, (_, kept) in found.items() if not kept] == [], found
    assert all(each.chaotic.share(Kind.COMPLETE) > 0 for each in rounds)
