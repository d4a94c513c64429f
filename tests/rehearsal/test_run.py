"""One request takes the way that served requests take; with examples it calls nobody."""

import json

import pytest

from gateway.config import ConfigError, load_text
from gateway.rehearsal.request import parse_request
from gateway.rehearsal.run import with_examples
from tests.rehearsal.samples import CONFIG, tried


def test_examples_are_what_calls_bring_shaped_and_merged_as_ever():
    rehearsed = tried(parse_request("GET /user/7"))

    assert rehearsed.answer.status == 200
    assert json.loads(rehearsed.answer.body)["recs"] == {"items": [1]}
    assert b'"id":7.5' in rehearsed.answer.body
    assert [(bar.step, bar.outcome, bar.cause) for bar in rehearsed.steps] == [
        ("user", "live", None),
        ("recs", "live", None),
        ("broken", "fallback", "skipped"),
    ]
    assert rehearsed.time_limit == 1.0


def test_bodies_and_statuses_are_the_routes():
    rehearsed = tried(parse_request("POST /user", body=b'{"a": 1}'))

    assert (rehearsed.answer.status, rehearsed.answer.body) == (201, b'{"made":{"ok":true}}')


@pytest.mark.parametrize(
    ("text", "status"), [("GET /user/x", 400), ("GET /nowhere", 404), ("PUT /text", 405)]
)
def test_request_without_a_plan_has_no_waterfall(text, status):
    rehearsed = tried(parse_request(text))

    assert (rehearsed.answer.status, rehearsed.steps) == (status, None)


def test_without_examples_upstreams_are_called():
    rehearsed = tried(parse_request("GET /text"), mock=False)

    assert rehearsed.answer.status == 502
    assert [(bar.cause, bar.detail) for bar in rehearsed.steps] == [("unreachable", "connection refused")]


def test_only_the_route_that_is_asked_needs_examples():
    more = CONFIG + "  GET /bare: { steps: { a: { get: users } } }\n"
    loaded = load_text(more, {})

    assert with_examples(loaded, parse_request("/text")).examples == "GET /text"
    assert with_examples(loaded, parse_request("/user/7")).examples == "GET /user/{id:int}"
    assert with_examples(loaded, parse_request("/nowhere")).examples == ""
    assert with_examples(loaded, parse_request("/bare")).examples == "GET /bare"


def test_missing_examples_are_faults():
    from gateway import Gateway

    loaded = load_text(CONFIG.replace("get: users, example: 1 }", "get: users }"), {})
    with pytest.raises(ConfigError, match="`user` has no example"):
        Gateway(with_examples(loaded, parse_request("/text")), environ={})


def test_lists_and_conditions_work_on_examples():
    rehearsed = tried(parse_request("GET /list"))

    assert json.loads(rehearsed.answer.body) == {"ids": [7, 8], "all": [{"n": 1}] * 2, "not": None}


def test_same_request_can_be_tried_again():
    answers = [tried(parse_request("GET /user/7")).answer for _ in range(2)]

    assert answers[0].body == answers[1].body
