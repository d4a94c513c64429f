"""An answer with its waterfall, as people and as programs read it."""

import json

from gateway.dashboard.snapshot import Bar
from gateway.rehearsal.exchange import Answer
from gateway.rehearsal.run import Rehearsed
from gateway.rehearsal.showing import as_json, shown, waterfall


def bar(step, start, seconds, outcome="live", cause=None, detail="", attempts=1):
    return Bar(
        step=step,
        upstream="u",
        start=start,
        seconds=seconds,
        attempts=attempts,
        outcome=outcome,
        cause=cause,
        detail=detail,
    )


STEPS = [
    bar("user", 0.0, 0.02),
    bar("recommended", 0.02, 0.02, "fallback", "timeout", "no answer within 20 ms", attempts=2),
    bar("quick", 0.04, 0.00001),
    bar("skipped", None, 0.0, "nothing", "skipped", "needs x"),
]


def rehearsed(body=b'{"id":1.50}', steps=STEPS, kind="application/json"):
    answer = Answer(200, (("content-type", kind), ("x-a", "1")), body)
    return Rehearsed(answer, 0.04, 1.0, steps)


def test_waterfall_shows_when_how_long_and_how():
    assert list(waterfall(rehearsed())) == [
        "user         ████████████████████                       20.0 ms  live",
        (
            "recommended                      ████████████████████   20.0 ms  "
            "fallback: timeout (no answer within 20 ms), 2 attempts"
        ),
        "quick                                               ▏    0.0 ms  live",
        (
            "skipped                                                  0.0 ms  "
            "nothing: skipped (needs x), not called"
        ),
        "             ────────────────────────────────────────   40.0 ms of 1.00 s",
    ]


def test_answer_is_shown_as_a_client_gets_it():
    text = shown(rehearsed())

    assert text.startswith('200 OK\ncontent-type: application/json\nx-a: 1\n\n{\n  "id": 1.50\n}\n\nuser ')
    assert "\n\nhello\n\n" in shown(rehearsed(b"hello", kind="text/plain"))
    assert "no plan was run; 40.0 ms" in shown(rehearsed(steps=None))
    assert shown(rehearsed(b"")).startswith("200 OK")


def test_programs_get_all_of_it():
    told = as_json(rehearsed())

    assert '"id": 1.50' in told  # numbers keep their digits
    document = json.loads(told)
    assert (document["status"], document["seconds"], document["time_limit"]) == (200, 0.04, 1.0)
    assert document["headers"] == {"content-type": "application/json", "x-a": "1"}
    assert document["steps"][1]["cause"] == "timeout"
    assert json.loads(as_json(rehearsed(b"hello", kind="text/plain")))["body"] == "hello"


def test_several_documents_are_shown_as_they_are():
    lines = b'{"a":1}\n{"b":2}\n'

    assert json.loads(as_json(rehearsed(lines, kind="application/x-ndjson")))["body"] == lines.decode()
    assert '\n{"a":1}\n{"b":2}\n' in shown(rehearsed(lines, kind="application/x-ndjson"))


def test_nothing_is_shown_that_a_terminal_would_obey():
    assert "\n\n(2 bytes that are no text)\n\n" in shown(rehearsed(b"\xff\x00", kind="image/png"))
    assert "\n\na?[2Jb\n\n" in shown(rehearsed(b"a\x1b[2Jb", kind="text/plain"))
