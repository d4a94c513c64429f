"""Requests with a problem get a line, without their values, and no outage becomes a flood of lines."""

import logging

import pytest

from gateway.buffered import Buffered
from gateway.call import Trace
from gateway.edge.access_log import LINES, AccessLog
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.plan.execute import Run
from gateway.plan.model import Plan, Step
from gateway.timers import Timers
from tests.support.virtual_time import VirtualTimeLoop

TRACE = Trace("0af7651916cd43dd8448eb211c80319c", "00", "req-1")
LIVE = Success(b'{"name": "Ada"}')


@pytest.fixture
def logged(caplog):
    """What was logged so far: pairs of level and line."""
    caplog.set_level(logging.INFO, "gateway.access")
    return lambda: [(record.levelname, record.getMessage()) for record in caplog.records]


class Desk:
    """A log with a clock that stands still until told; ``ends`` lets requests end."""

    def __init__(self, *, every=False):
        self.now = 100.0
        self.log = AccessLog(every=every, clock=lambda: self.now)

    def ends(self, status=200, *outcomes, degraded=False, seconds=0.01, inputs=()):
        self.log(run_of(*(outcomes or (LIVE,)), inputs=inputs), status, degraded, seconds)


def run_of(*outcomes, inputs=()):
    """A run over steps a, b, c, … that ended so; its time limit is one second."""
    steps = [Step("abc"[i], i, source=None, prepare=None) for i in range(len(outcomes))]
    loop = VirtualTimeLoop()
    engine = Engine(Timers(loop), Buffered(0), Background(), loop.time)
    run = Run(Plan("GET /x/{id}", tuple(steps), 1.0, merge=None), engine, inputs, TRACE, 1.0)
    run.outcomes[:] = outcomes
    loop.close()
    return run


def test_complete_answer_in_time_gets_no_line(logged):
    Desk().ends()

    assert logged() == []


def test_degraded_answer_is_a_warning_that_says_how_every_step_ended(logged):
    stale = Success(b"{}", Freshness.FALLBACK, Cause.CIRCUIT_OPEN)

    Desk().ends(200, LIVE, Failure(Cause.TIMEOUT, "no answer within 300 ms"), stale, degraded=True)

    [(level, line)] = logged()
    assert level == "WARNING"
    assert line == (
        "GET /x/{id} 200 in 10.0 ms request=req-1 trace=0af7651916cd43dd8448eb211c80319c "
        "a=live b=timeout(no answer within 300 ms) c=fallback(circuit_open)"
    )


def test_failed_request_is_a_warning_also_for_steps_that_never_ended(logged):
    Desk().ends(502, Failure(Cause.FAILED), None)

    [(level, line)] = logged()
    assert level == "WARNING"
    assert line.endswith(" a=failed b=unfinished")


@pytest.mark.parametrize(("seconds", "lines"), [(0.79, 0), (0.8, 1)])
def test_request_that_took_most_of_its_time_limit_is_slow(logged, seconds, lines):
    Desk().ends(seconds=seconds)

    assert len(logged()) == lines


def test_every_request_gets_a_line_if_so_configured(logged):
    Desk(every=True).ends()

    assert [level for level, _ in logged()] == ["INFO"]


def test_no_value_of_the_request_or_of_an_answer_stands_in_a_line(logged):
    Desk(every=True).ends(inputs=["s3cret", b'"s3cret"'])

    assert "s3cret" not in logged()[0][1]
    assert "Ada" not in logged()[0][1]


def test_request_refused_at_the_edge_is_logged_only_with_all_others(logged):
    Desk().log.refused("GET /x", 400, "req-1", 0.0)
    Desk(every=True).log.refused("GET /x", 400, "req-2", 0.0)

    assert logged() == [("INFO", "GET /x 400 in 0.0 ms request=req-2 refused")]


def test_request_refused_for_want_of_space_is_a_problem(logged):
    Desk().log.refused("GET /x", 503, "req-1", 0.0)

    assert [level for level, _ in logged()] == ["WARNING"]


def test_outage_writes_no_more_than_so_many_lines_a_second(logged):
    desk = Desk()

    for _ in range(10_000):
        desk.ends(502, Failure(Cause.FAILED))

    assert len(logged()) == LINES


def test_next_second_begins_with_how_many_lines_were_left_out(logged):
    desk = Desk()
    for _ in range(LINES + 7):
        desk.ends(502)

    desk.now += 1.0
    desk.ends(503)

    assert [line.split(" in ")[0] for _, line in logged()[LINES:]] == [
        "7 more lines were left out",
        "GET /x/{id} 503",
    ]


def test_healthy_request_after_an_outage_tells_what_was_left_out(logged):
    desk = Desk()
    for _ in range(LINES + 1):
        desk.ends(502)

    desk.now += 1.0
    desk.ends(200)

    assert logged()[-1] == ("WARNING", "1 more line was left out")


def test_minute_of_outage_writes_one_summary_a_second(logged):
    desk = Desk()

    for _ in range(60):
        for _ in range(100):
            desk.ends(502)
        desk.now += 1.0

    summaries = [line for _, line in logged() if "left out" in line]
    assert summaries == ["80 more lines were left out"] * 59
    assert len(logged()) == 60 * LINES + 59


def test_flushed_log_says_what_was_left_out_once(logged):
    desk = Desk()
    for _ in range(LINES + 2):
        desk.ends(502)

    desk.log.flush()
    desk.log.flush()

    assert [line for _, line in logged()[LINES:]] == ["2 more lines were left out"]


def test_lines_spread_over_time_are_all_written(logged):
    desk = Desk()

    for _ in range(5 * LINES):
        desk.ends(502)
        desk.now += 1.01 / LINES

    assert len(logged()) == 5 * LINES
