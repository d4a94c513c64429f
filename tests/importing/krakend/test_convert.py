"""A whole KrakenD file of either version becomes a whole configuration."""

import json

from gateway.importing.foreign import parsed
from gateway.importing.krakend.convert import convert
from tests.importing.krakend.samples import backend, endpoint, imported

OLD = {
    "version": 2,
    "endpoints": [
        {
            "endpoint": "/a/{id}",
            "querystring_params": ["q"],
            "headers_to_pass": ["X-A"],
            "backend": [
                {
                    "url_pattern": "/b/{id}",
                    "host": ["http://h"],
                    "whitelist": ["x"],
                    "extra_config": {
                        "github.com/devopsfaith/krakend-circuitbreaker/gobreaker": {
                            "interval": 60,
                            "timeout": 10,
                            "max_errors": 1,
                        }
                    },
                }
            ],
        }
    ],
}


def test_old_names_and_new_names_are_the_same_configuration():
    text = json.dumps(OLD)
    for old, new in (
        ("querystring_params", "input_query_strings"),
        ("headers_to_pass", "input_headers"),
        ("whitelist", "allow"),
        ("github.com/devopsfaith/krakend-circuitbreaker/gobreaker", "qos/circuit-breaker"),
        ('"version": 2', '"version": 3'),
    ):
        text = text.replace(old, new)

    old_draft = convert(parsed(json.dumps(OLD), "k.json"))[0]
    new_draft = convert(parsed(text, "k.json"))[0]

    assert old_draft.text("") == new_draft.text("")
    assert old_draft.upstreams["h"]["breaker"]["consecutive"] == 2


def test_routes_stand_in_the_order_of_the_file():
    draft, _ = imported(endpoint(endpoint="/b"), endpoint(backend(url_pattern="/x"), endpoint="/a"))

    assert list(draft.routes) == ["GET /b", "GET /a"]
