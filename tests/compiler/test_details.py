"""What operators are told of an upstream."""

import json

import msgspec

from gateway.compiler.upstreams import build_upstream
from tests.config.sample import with_upstream
from tests.support.compiled import shared


def details(settings):
    upstream = build_upstream("u", with_upstream(f"{{ {settings} }}"), shared(clock=lambda: 0.0))
    return json.loads(msgspec.json.encode(msgspec.to_builtins(upstream.details())))


def test_one_address_is_told_with_its_guards_and_connections():
    told = details("url: http://a.example")

    assert told["address"] == "http://a.example"
    assert told["breaker"]["state"] == "closed"
    assert told["bulkhead"]["slots"] == 1000
    assert told["pool"]["limit"] == 1000
    assert told["budget"]["tokens"] == 1.0
    assert "addresses" not in told


def test_guards_that_are_off_are_nothing():
    told = details("url: http://a.example, breaker: off, bulkhead: off")

    assert (told["breaker"], told["bulkhead"]) == (None, None)


def test_each_of_several_addresses_is_told():
    told = details('urls: ["http://a.example", "http://b.example"]')

    assert told["address"] == "http://a.example, http://b.example"
    assert [each["address"] for each in told["addresses"]] == ["http://a.example", "http://b.example"]
    assert told["addresses"][0]["balance"]["weight"] == 1.0
    assert told["addresses"][1]["pool"]["open"] == 0


def test_adaptive_slots_and_ramp_are_told():
    told = details("url: http://a.example, bulkhead: { slots: adaptive }, warm: on")

    assert told["adaptive"] == {"limit": 20, "unloaded_seconds": None}
    assert told["ramp"] == {"level": None}


def test_budget_without_a_bound_is_nothing():
    assert details("url: http://a.example, budget: off")["budget"] is None
