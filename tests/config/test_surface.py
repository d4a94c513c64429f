from gateway.config.models import Config
from gateway.config.route import RouteSpec
from gateway.config.step import StepSpec
from gateway.config.surface import keys_of, model_at
from gateway.config.upstream import BreakerSpec, UpstreamSettings, UpstreamSpec


def test_path_leads_to_the_model_of_its_mapping():
    assert model_at(()) is Config
    assert model_at(("upstreams", "users")) is UpstreamSpec
    assert model_at(("upstreams", "users", "breaker")) is BreakerSpec
    assert model_at(("defaults", "upstream")) is UpstreamSettings
    assert model_at(("routes", "GET /x", "steps", "a")) is StepSpec


def test_path_to_anything_else_leads_to_none():
    assert model_at(("upstreams",)) is None
    assert model_at(("routes", "GET /x", "respond", "a")) is None
    assert model_at(("no", "such", "thing")) is None
    assert model_at(("upstreams", "users", "url")) is None


def test_keys_are_those_that_people_write():
    assert keys_of(StepSpec)[:2] == ["get", "head"]
    assert "method" in keys_of(StepSpec)
    assert "pattern" not in keys_of(RouteSpec)
    assert "include" in keys_of(Config)
    assert keys_of(UpstreamSpec)[0] == "url"
