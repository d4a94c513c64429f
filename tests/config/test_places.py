from gateway.config import load_text
from tests.config.sample import UPSTREAMS

TEXT = f"""{UPSTREAMS}routes:
  GET /x:
    steps:
      short: {{ get: "users/a/{{b}}?c={{d}}&e=1", fallback: [1, {{ k: v }}] }}
      long:
        get: {{ upstream: users, path: "p/{{q}}" }}
"""
PLACES = load_text(TEXT, {}).places
SHORT, LONG = ("routes", "GET /x", "steps", "short"), ("routes", "GET /x", "steps", "long")


def text_at(path, part=""):
    place = PLACES.place(path, part)
    return place.text[place.column - 1 :][: place.width]


def test_written_and_lowered_paths_lead_to_the_same_line():
    assert text_at((*SHORT, "get")) == '"users/a/{b}?c={d}&e=1"'
    assert text_at((*SHORT, "path")) == "a/{b}"
    assert text_at((*SHORT, "query", 0, 1)) == "c={d}"
    assert text_at((*SHORT, "query", 1, 0)) == "e=1"
    assert text_at((*LONG, "get", "path")) == text_at((*LONG, "path")) == '"p/{q}"'


def test_part_of_a_value_is_found_in_it():
    assert text_at((*SHORT, "get"), "{d}") == "{d}"
    assert text_at((*SHORT, "get"), "not there") == '"users/a/{b}?c={d}&e=1"'


def test_mapping_is_pointed_at_by_its_key():
    assert text_at(SHORT) == "short"
    assert text_at(("routes", "GET /x")) == "GET /x"


def test_value_inside_json_has_a_place():
    assert text_at((*SHORT, "fallback", 1, "k")) == "v"


def test_what_was_not_written_is_told_at_what_is_around_it():
    assert text_at((*SHORT, "timeout")) == "short"
    assert text_at(("routes", "GET /x", "time_limit")) == "GET /x"


def test_key_has_a_place_of_its_own():
    place = PLACES.key((*SHORT, "fallback"))

    assert place.text[place.column - 1 :].startswith("fallback")


def test_source_is_what_was_written():
    text = UPSTREAMS + 'routes: { GET /x: { summary: "${A} b", steps: { a: { get: users } } } }'
    places = load_text(text, {"A": "secret"}).places

    assert places.source(("routes", "GET /x", "summary")) == "${A} b"
    assert places.source(("routes", "GET /x")) == ""


def test_fault_carries_all_its_places():
    fault = PLACES.fault(SHORT, "a cycle", "break it", also=[LONG])

    assert (fault.message, fault.hint) == ("a cycle", "break it")
    assert fault.place == PLACES.place(SHORT)
    assert fault.also == (PLACES.place(LONG),)
