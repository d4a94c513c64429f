from gateway.config.document import parse
from gateway.config.lowering import lowered
from gateway.config.nodes import plain


def read(text):
    faults = []
    return plain(lowered(parse(text, "a.yaml", faults), faults)), [fault.message for fault in faults]


def test_keys_for_anchors_disappear_at_the_top_only():
    data, faults = read("x-a: &a { timeout: 1s }\nupstreams: { u: { <<: *a, x-b: 1 } }\n")

    assert data == {"upstreams": {"u": {"timeout": "1s", "x-b": 1}}}
    assert faults == []


def test_route_and_its_steps_are_spelled_out():
    data, _ = read("routes: { GET /a: { steps: { s: { get: u/p } }, headers: { age: 0 } } }")

    assert data["routes"]["GET /a"] == {
        "steps": {"s": {"method": "GET", "upstream": "u", "path": "p"}},
        "headers": {"age": "0"},
        "method": "GET",
        "pattern": "/a",
    }


def test_what_is_no_mapping_is_left_for_the_models():
    text = "upstreams: 5\ndefaults: []\n"
    text += "routes: { GET /a: x, GET /b: { steps: [y] }, GET /c: { steps: { s: z } } }\n"
    data, faults = read(text)

    assert data["upstreams"] == 5
    assert data["routes"]["GET /a"] == "x"
    assert data["routes"]["GET /b"]["steps"] == ["y"]
    assert data["routes"]["GET /c"]["steps"] == {"s": "z"}
    assert faults == []


def test_headers_by_default_are_text_too():
    data, _ = read("defaults: { route: { headers: { a: 1.0 } }, upstream: { timeout: 5s } }")

    assert data["defaults"]["route"] == {"headers": {"a": "1.0"}}
