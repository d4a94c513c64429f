"""One line for machines, one for people, and no third party's line comes out otherwise."""

import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.call import Trace
from gateway.telemetry import events
from gateway.telemetry.log import Line
from gateway.telemetry.log_format import STYLES, formatter

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
FACTS = {
    "breaker": "users",
    "old": "closed",
    "new": "open",
    "why": "10 failed",
    "request_id": "r",
    "trace_id": TRACE_ID,
}


def record(message, *args, name="gateway", level=logging.WARNING, exc_info=None):
    made = logging.LogRecord(name, level, "x.py", 1, message, args, exc_info)
    made.created = 1_700_000_000.0
    return made


def of_ours(facts=FACTS, traceback=""):
    return record(Line(events.BREAKER_CHANGED, dict(facts), None, traceback))


def failed(*words, local=None):
    """The record of another library that caught an exception with these words."""
    try:
        int("".join(words) + str(bool(local)))
    except ValueError as error:
        told = ValueError("".join(words)).with_traceback(error.__traceback__)
    return record("it failed", name="asyncio", exc_info=(ValueError, told, told.__traceback__))


def as_json(made):
    line = formatter("json").format(made)
    assert "\n" not in line
    return json.loads(line)


def as_text(made):
    return formatter("text").format(made)


def test_machines_get_one_object_with_the_event_its_sentence_and_its_facts():
    told = as_json(of_ours())

    assert told.pop("timestamp").endswith("Z")
    assert told == {
        "level": "warning",
        "logger": "gateway",
        "event": "breaker.changed",
        "message": "breaker of users: closed → open (10 failed)",
        **FACTS,
    }


def test_time_comes_first():
    assert formatter("json").format(of_ours()).startswith('{"timestamp": "20')


def test_people_get_the_sentence_and_the_ids():
    line = as_text(of_ours())

    assert line.split(" ", 1)[1] == (
        f"[warning  ] breaker of users: closed → open (10 failed) [gateway] request=r trace={TRACE_ID}"
    )


def test_colours_are_for_terminals_that_show_them():
    assert "\x1b[" not in formatter("text").format(of_ours())
    assert "\x1b[" in formatter("text", coloured=True).format(of_ours())


def test_traceback_stands_in_the_object_or_below_the_line():
    made = of_ours(traceback="  Traceback\n  KeyError")

    assert as_json(made)["exception"] == "  Traceback\n  KeyError"
    assert as_text(made).endswith("\n  Traceback\n  KeyError")


def test_lines_of_other_libraries_look_the_same_and_hold_no_secrets():
    made = record("cannot reach %s", "redis://:hunter2@cache", name="redis")
    told = as_json(made)

    assert (told["event"], told["logger"], told["message"]) == (
        "log",
        "redis",
        "cannot reach redis://[redacted]@cache",
    )
    assert as_text(made).endswith("cannot reach redis://[redacted]@cache [redis]")


def test_tracebacks_of_other_libraries_hold_no_secrets():
    made = failed("password=", "hunter2")

    assert as_json(made)["exception"].endswith("ValueError: password=[redacted]")
    assert as_text(made).endswith("\n  ValueError: password=[redacted]")


def test_variables_are_never_printed():
    made = failed("a", "b", local="only in a variable")  # a pretty traceback would show it

    assert "only in" not in as_text(made)


@pytest.mark.parametrize("style", STYLES)
@settings(deadline=None, derandomize=True, max_examples=60)
@given(text=st.text(), facts=st.dictionaries(st.text(min_size=1), st.text()))
def test_nobody_can_forge_a_line(style, text, facts):
    ours = record(Line(events.FEW_FILES, {"slots": text, "limit": facts}, None, ""))
    theirs = record("%s", text, name="uvicorn.error")

    for made in (ours, theirs):
        line = formatter(style).format(made)
        assert len(line.splitlines()) == 1
        assert "\x1b" not in line


def test_machines_get_ascii_only():
    facts = {"of": "a store", "kind": "ä\u202e\ud800"}
    line = formatter("json").format(record(Line(events.REDIS_LOST, facts, None, "")))

    assert line.isascii()


def test_line_of_a_request_has_its_ids_once():
    trace = Trace(TRACE_ID, "00", "req-9")
    facts = {"of": "a store", "kind": "x", "request_id": trace.request_id, "trace_id": trace.trace_id}

    assert as_text(record(Line(events.REDIS_LOST, facts, None, ""))).count("req-9") == 1
