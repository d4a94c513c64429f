import pytest

from tests.config.sample import faults_of, with_route


@pytest.mark.parametrize(
    ("settings", "forms"),
    [
        ("summary: x", ()),
        ("produces: json", ()),
        ("produces: [json, xml]", ("json", "xml")),
        ("produces: [ndjson, xml, json]", ("xml", "json", "ndjson")),
        ("produces: events", ("events",)),
        ("mode: stream", ("ndjson", "events", "json")),
        ("mode: stream\n    produces: [json, events]", ("events", "json")),
    ],
)
def test_default_comes_first(settings, forms):
    assert with_route(settings).forms == forms


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ("produces: [jsn]", "produces: `jsn` is not `json`, `msgpack`, `xml`, `ndjson` or `events`"),
        ("produces: [json, json]", "produces: `json` stands here twice"),
        ("produces: []", "produces: this is no list of forms"),
        ("mode: streams", "mode: `streams` is not `whole` or `stream`"),
        (
            "mode: stream\n    produces: [json, xml]",
            "`mode: stream` needs ndjson or events among what the route `produces`",
        ),
    ],
)
def test_what_makes_no_sense_is_told(settings, fault):
    assert faults_of(with_route, settings) == [fault]


def test_defaults_of_all_routes_can_say_it():
    more = "defaults: { route: { produces: [json, msgpack] } }"

    assert with_route("summary: x", more).forms == ("json", "msgpack")


def test_answer_cannot_begin_before_it_is_known_whether_something_is_undone():
    steps = "steps: { a: { post: users, undo: { delete: 'users/{a.id}' } }, b: { post: users } }"

    assert faults_of(with_route, f"mode: stream\n    {steps}") == [
        "an answer cannot begin before it is known whether steps have to be undone"
    ]
