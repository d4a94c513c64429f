"""Requests with a problem get a line, without their values, and no outage becomes a flood of lines."""

import asyncio
import logging

import pytest

from gateway.buffered import Buffered
from gateway.call import Call, Trace
from gateway.edge.access_log import AccessLog
from gateway.edge.streamed import Streamed
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.plan.execute import Run
from gateway.plan.joined import joined
from gateway.plan.model import Plan, Step
from gateway.plan.undo import UndoingRun
from gateway.plan.undoable import Result
from gateway.recording import Kind, Recording
from gateway.telemetry.repetition import FIRST, PERIOD
from gateway.timers import Timers
from tests.support.virtual_time import VirtualTimeLoop

TRACE = Trace("0af7651916cd43dd8448eb211c80319c", "00", "req-1")
LIVE = Success(b'{"name": "Ada"}')


@pytest.fixture
def logged(caplog):
    """What was logged so far: pairs of level and line."""
    caplog.set_level(logging.INFO, "gateway.access")
    return lambda: [(record.levelname, record.msg.text) for record in caplog.records]


@pytest.fixture
def facts(caplog):
    """The facts of the lines logged so far."""
    caplog.set_level(logging.INFO, "gateway.access")
    return lambda: [record.msg.facts for record in caplog.records]


class Desk:
    """A log, and requests that end before it."""

    def __init__(self, *, every=False):
        self.log = AccessLog(every=every)

    def ends(self, status=200, *outcomes, degraded=False, seconds=0.01, size=17, **run):
        self.log(run_of(*(outcomes or (LIVE,)), **run), status, degraded, seconds, size)


def run_of(*outcomes, inputs=(), calls=(), recording=None, undone=None):
    """A run over steps a, b, c, … that ended so; its time limit is one second."""
    steps = [Step("abc"[i], i, source=None, prepare=None) for i in range(len(outcomes))]
    loop = VirtualTimeLoop()
    engine = Engine(Timers(loop), Buffered(0), Background(), loop.time)
    trace = Trace(TRACE.trace_id, "00", "req-1")
    trace.recording = recording
    run = Run(Plan("GET /x/{id}", tuple(steps), 1.0, merge=None), engine, inputs, trace, 1.0)
    if undone is not None:
        run = UndoingRun((), run.plan, engine, inputs, trace, 1.0)
        run.undone = undone
    run.outcomes[:] = outcomes
    run.calls[: len(calls)] = calls
    loop.close()
    return run


def call(elapsed, attempt=1):
    """A call that took so many seconds and attempts."""
    made = Call("a", None, 1.0, 1.0, TRACE)
    made.elapsed, made.attempt = elapsed, attempt
    return made


def test_complete_answer_in_time_gets_no_line(logged):
    Desk().ends()

    assert logged() == []


def test_degraded_answer_is_a_warning_that_says_how_every_step_ended(logged):
    stale = Success(b"{}", Freshness.FALLBACK, Cause.CIRCUIT_OPEN)
    late = Failure(Cause.TIMEOUT, "no answer within 300 ms")

    Desk().ends(200, LIVE, late, stale, degraded=True, calls=(call(0.0031), call(0.3, attempt=2), None))

    [(level, line)] = logged()
    assert level == "WARNING"
    assert line == (
        "GET /x/{id} 200 in 10.0 ms, 17 B: a live 3.1 ms; "
        "b timeout (no answer within 300 ms) 300.0 ms, 2 attempts; c fallback for circuit_open"
    )


def test_line_tells_machines_the_same(facts):
    late = Failure(Cause.TIMEOUT, "no answer within 300 ms")

    Desk().ends(200, LIVE, late, degraded=True, calls=(call(0.0031), call(0.3, attempt=2)))

    assert facts() == [
        {
            "route": "GET /x/{id}",
            "status": 200,
            "ms": 10.0,
            "bytes": 17,
            "degraded": ["b"],
            "steps": [
                {"step": "a", "served": "live", "bytes": 15, "ms": 3.1},
                {
                    "step": "b",
                    "served": "nothing",
                    "cause": "timeout",
                    "detail": "no answer within 300 ms",
                    "ms": 300.0,
                    "attempts": 2,
                },
            ],
            "request_id": "req-1",
            "trace_id": TRACE.trace_id,
        }
    ]


def test_line_has_the_ids_of_its_request(logged, caplog):
    Desk(every=True).ends()

    assert caplog.records[0].getMessage().endswith(f" request=req-1 trace={TRACE.trace_id}")


def test_hedges_are_told_where_they_were_recorded(logged):
    recording = Recording(TRACE.trace_id, "", sink=None, clock=lambda: 0.0)
    recording.begin(Kind.ATTEMPT, "a", 0.0).hedge = True

    Desk(every=True).ends(recording=recording, calls=(call(0.02),))

    assert logged()[0][1].endswith(": a live 20.0 ms, 1 hedged")


def test_failed_request_is_a_warning_also_for_steps_that_never_ended(logged):
    Desk().ends(502, Failure(Cause.FAILED), None)

    [(level, line)] = logged()
    assert level == "WARNING"
    assert line.endswith(" a failed; b unfinished")


@pytest.mark.parametrize(("seconds", "lines"), [(0.79, 0), (0.8, 1)])
def test_request_that_took_most_of_its_time_limit_is_slow(logged, seconds, lines):
    Desk().ends(seconds=seconds)

    assert len(logged()) == lines


def test_every_request_gets_a_line_if_so_configured(logged):
    desk = Desk(every=True)

    for _ in range(10 * FIRST):
        desk.ends()

    assert [level for level, _ in logged()] == ["INFO"] * 10 * FIRST


def test_no_value_of_the_request_or_of_an_answer_stands_in_a_line(logged):
    Desk(every=True).ends(inputs=["s3cret", b'"s3cret"'])

    assert "s3cret" not in logged()[0][1]
    assert "Ada" not in logged()[0][1]


def test_request_refused_at_the_edge_is_logged_only_with_all_others(logged):
    Desk().log.refused("GET /x", 400, TRACE, 0.0)
    Desk(every=True).log.refused("GET /x", 400, TRACE, 0.0)

    assert logged() == [("INFO", "GET /x 400 in 0.0 ms, refused")]


def test_request_refused_for_want_of_space_is_a_problem(logged):
    Desk().log.refused("GET /x", 503, TRACE, 0.0)

    assert [level for level, _ in logged()] == ["WARNING"]


def test_outage_writes_a_few_lines_and_then_how_many_more_there_were(logged):
    desk = Desk()

    for _ in range(10_000):
        desk.ends(502, Failure(Cause.FAILED))
    desk.log.flush()

    assert len(logged()) == FIRST + 1
    assert logged()[-1] == ("WARNING", f"{10_000 - FIRST} more within 10 s: GET /x/{{id}} 502 a failed")


def test_problem_of_another_kind_is_written_in_the_midst_of_an_outage(logged):
    desk = Desk()
    for _ in range(100):
        desk.ends(502, Failure(Cause.FAILED))

    desk.ends(504, Failure(Cause.TIMEOUT))

    assert logged()[-1][1].endswith("504 in 10.0 ms, 17 B: a timeout")


def test_refusals_of_one_kind_are_written_sparingly_too(logged):
    desk = Desk()

    for _ in range(100):
        desk.log.refused("GET /x", 503, TRACE, 0.0)
    desk.log.flush()

    assert logged()[-1][1] == f"{100 - FIRST} more within 10 s: GET /x 503 in 0.0 ms, refused"


def test_minute_of_outage_is_told_once_a_period(logged):
    async def outage():
        desk = Desk()
        for _ in range(60):
            for _ in range(100):
                desk.ends(502, Failure(Cause.FAILED))
            await asyncio.sleep(1.0)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(outage())

    summaries = [line for _, line in logged() if " more within " in line]
    assert len(summaries) == 60 / PERIOD
    assert len(logged()) == FIRST + len(summaries)


def test_list_with_missing_items_says_how_many(logged, facts):
    partial = joined([LIVE, Failure(Cause.TIMEOUT), LIVE], None, required=False)

    Desk().ends(200, partial, degraded=True)

    assert "a partial for timeout (1 of 3 items)" in logged()[0][1]
    assert (facts()[0]["steps"][0]["items"], facts()[0]["steps"][0]["missing"]) == (3, 1)


def test_step_of_a_failed_request_says_whether_it_was_undone(logged, facts):
    Desk().ends(502, LIVE, Failure(Cause.FAILED), undone={"a": Result.PENDING})

    assert "a live, undo pending; b failed" in logged()[0][1]
    assert [step.get("undo") for step in facts()[0]["steps"]] == ["pending", None]


# ── answers that go piece by piece ──────────────────────────────────────────────────────────────────────


def streamed(status=200, ending="whole"):
    return Streamed(status, 0.01, 2.0, received=5, sent=1000, ending=ending)


def test_streamed_answer_is_told_at_its_end_where_all_are(logged, facts):
    AccessLog(every=True).streamed(run_of(LIVE), streamed())

    ((level, line),) = logged()
    assert (level, line) == ("INFO", "GET /x/{id} 200 in 10.0 ms, 1000 B until 2000.0 ms, whole")
    assert facts()[0]["received"] == 5


@pytest.mark.parametrize(
    ("status", "ending", "told"),
    [
        (200, "whole", 0),
        (404, "whole", 0),
        (200, "client_gone", 0),
        (503, "whole", 1),
        (200, "incomplete", 1),
    ],
)
def test_streamed_answer_with_a_problem_is_told_in_any_case(logged, status, ending, told):
    AccessLog(every=False).streamed(run_of(LIVE), streamed(status, ending))

    assert [level for level, _ in logged()] == ["WARNING"] * told


def test_streams_that_break_alike_are_told_a_few_times(logged):
    log = AccessLog(every=False)
    for _ in range(FIRST + 20):
        log.streamed(run_of(LIVE), streamed(ending="incomplete"))

    assert len(logged()) == FIRST
