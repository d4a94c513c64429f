import json

import pytest

from gateway.config import json_schema
from gateway.config.later import NOT_BUILT
from tests.config.sample import ROOT

COMMITTED = ROOT / "config/gateway.schema.json"


def test_committed_schema_is_the_one_the_models_give(request):
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if request.config.getoption("--golden-update"):
        COMMITTED.write_text(text)

    assert COMMITTED.read_text() == text


def test_step_is_described_as_people_write_it():
    step = json_schema()["$defs"]["StepSpec"]

    assert {"get", "post", "delete", "upstream", "timeout"} <= step["properties"].keys()
    assert step["properties"]["query"]["type"] == "object"
    assert {"required": ["get"]} in step["oneOf"]
    assert not step["required"]


def test_route_says_nothing_that_its_key_says():
    route = json_schema()["$defs"]["RouteSpec"]

    assert not {"method", "pattern"} & route["properties"].keys()
    assert route["oneOf"] == [{"required": ["steps"]}, {"required": ["proxy"]}]


def test_defaults_are_written_as_people_write_them():
    models = json_schema()["$defs"]

    assert models["ServerSpec"]["properties"]["time_limit"]["default"] == "2s"
    assert models["BreakerSpec"]["properties"]["failure_ratio"]["default"] == 0.5
    assert models["UpstreamSpec"]["properties"]["max_response"]["default"] == "5MiB"


def test_layer_takes_off_on_or_settings():
    breaker = json_schema()["$defs"]["UpstreamSpec"]["properties"]["breaker"]

    assert {"$ref": "#/$defs/BreakerSpec"} in breaker["anyOf"]
    assert any(set(choice.get("enum", ())) == {"on", "off"} for choice in breaker["anyOf"])


def test_keys_of_later_versions_are_left_out():
    models = json_schema()["$defs"]

    assert not set(NOT_BUILT["upstream"]) & models["UpstreamSpec"]["properties"].keys()


def test_nothing_of_python_shows():
    text = json.dumps(json_schema())

    for word in ("Absent", "ABSENT", "pydantic", '"title": "Ser'):
        assert word not in text


@pytest.mark.parametrize("model", ["BreakerSpec", "UpstreamSpec", "RouteSpec", "StepSpec", "ServerSpec"])
def test_unknown_keys_are_refused(model):
    assert json_schema()["$defs"][model]["additionalProperties"] is False
