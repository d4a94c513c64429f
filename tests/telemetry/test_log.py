"""A line has its facts and ids, is one line whatever it holds, and says no secret."""

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.call import Trace
from gateway.telemetry import events
from gateway.telemetry.events import Event
from gateway.telemetry.log import LONGEST, LONGEST_NOTE, Log, note, place_of, traced

TRACE = Trace("0af7651916cd43dd8448eb211c80319c", "00", "req-1")
EVENT = Event("it.happened", logging.WARNING, "{what} happened to {whom}", "A test.", ("what", "whom"))

log = Log("gateway.test")


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "gateway.test")
    return lambda: [record.getMessage() for record in caplog.records]


def test_line_is_the_events_sentence_with_its_facts(lines):
    log(EVENT, what="nothing", whom="users")

    assert lines() == ["nothing happened to users"]


def test_line_of_a_request_ends_with_its_ids(lines):
    log(EVENT, TRACE, what="nothing", whom="users")

    assert lines() == [f"nothing happened to users request=req-1 trace={TRACE.trace_id}"]


def test_machines_get_the_facts(caplog):
    log(EVENT, TRACE, what={"a": [1, 2.5, None, True]}, whom="users")

    [record] = caplog.records
    assert (record.msg.event.name, record.levelno) == ("it.happened", logging.WARNING)
    assert record.msg.facts == {
        "what": {"a": [1, 2.5, None, True]},
        "whom": "users",
        "request_id": "req-1",
        "trace_id": TRACE.trace_id,
    }


def test_line_nobody_listens_to_is_not_made(caplog):
    class Unspeakable:
        def __str__(self):
            raise AssertionError("made")

    caplog.set_level(logging.ERROR, "gateway.test")
    log(EVENT, what=Unspeakable(), whom="users")

    assert caplog.records == []


def test_line_says_where_it_was_written(caplog):
    log(EVENT, what="it", whom="us")

    assert caplog.records[0].filename == "test_log.py"


def test_fact_of_a_telling_name_is_hidden(caplog):
    log(EVENT, what={"authorization": "abc", "x": "token=abc"}, whom="users")

    assert caplog.records[0].msg.facts["what"] == {"authorization": "[redacted]", "x": "token=[redacted]"}


def test_traceback_is_without_secrets_and_without_the_requests_values(caplog):
    error = ValueError("user ada-lovelace, password=hunter2")

    log(EVENT, error=error, hide=[7, ["ada-lovelace"], None], what="it", whom="us")

    assert "ValueError: user [redacted], password=[redacted]" in caplog.text
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    "value", [b'"ada-lovelace"', b'{"name": ["ada-lovelace"]}', b"ada-lovelace", {"a": "ada-lovelace"}]
)
def test_values_of_a_request_are_hidden_however_deep_they_lie(value):
    name = "ada-lovelace"

    assert name not in traced(KeyError(name), [value])


def test_lines_of_a_traceback_are_indented():
    told = traced(ValueError("x\n2026-01-01 WARNING forged"))

    assert all(line.startswith("  ") for line in told.split("\n"))


@settings(deadline=None, derandomize=True)
@given(st.text(), st.text())
def test_no_value_can_end_a_line_or_steer_a_terminal(what, whom):
    records = []
    logger = logging.getLogger("gateway.test.forged")
    logger.propagate = False
    handler = logging.Handler()
    handler.emit = records.append
    logger.handlers = [handler]

    Log("gateway.test.forged")(EVENT, what=what, whom=[whom])

    [record] = records
    for text in (record.getMessage(), record.msg.facts["what"], record.msg.facts["whom"][0]):
        assert len(text.splitlines()) <= 1
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_endless_value_is_cut(caplog):
    log(EVENT, what="x" * 100_000, whom="us")

    assert len(caplog.records[0].msg.facts["what"]) == LONGEST


def test_place_tells_bugs_apart():
    def raised(make):
        try:
            make()
        except Exception as error:
            return place_of(error)

    one = raised(lambda: {}["a"])
    other = raised(lambda: {}["b"])

    assert one != other
    assert (one[0], one[1]) == ("KeyError", __file__)
    assert place_of(KeyError("a")) == ("KeyError", "", 0)


def test_events_own_level_and_text_can_be_replaced(caplog):
    caplog.set_level(logging.INFO, "gateway.test")
    log(events.ANSWERED, level=logging.INFO, text="all is\nwell", route="GET /x", status=200, ms=1.0)

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "all is\\nwell")
    ]


def test_note_is_redacted_before_it_is_cut():
    told = note("x" * (LONGEST_NOTE - 12) + " Bearer abcdefgh-hunter2\n")

    assert len(told) <= LONGEST_NOTE
    assert "abcd" not in told
