"""Variants differ from the repository's example in what their label says, and the gateway takes them all."""

import dataclasses

import pytest

from bench.faults.variants import DEFAULTS, HEDGED, NO_BREAKER, PEER, VARIANTS, chosen
from gateway.config import load
from tests.support.processes import ROOT

ENV = {
    "USERS_URL": "http://127.0.0.1:1",
    "ORDERS_URL": "http://127.0.0.1:2",
    "RECS_URL": "http://127.0.0.1:3",
}
GATEWAYS = [variant for variant in VARIANTS if not variant.peer]


def loaded(variant, root):
    return load(variant.write(root), ENV).config


def test_upstreams_are_those_of_this_repositorys_example(tmp_path):
    example = load(ROOT / "config" / "gateway.yaml", ENV).config
    config = loaded(DEFAULTS, tmp_path)

    assert config.upstreams == {name: example.upstreams[name] for name in config.upstreams}
    for key, route in config.routes.items():
        steps = example.routes[key].steps
        assert {name: told(step) for name, step in route.steps.items()} == {
            name: told(steps[name]) for name in route.steps
        }


def told(step):
    """A step without what stands in for its upstream when nobody is called."""
    return {f.name: getattr(step, f.name) for f in dataclasses.fields(step) if f.name != "example"}


@pytest.mark.parametrize("variant", GATEWAYS, ids=lambda variant: variant.name)
def test_every_variant_is_a_configuration(variant, tmp_path):
    assert len(loaded(variant, tmp_path).upstreams) == 3


def test_no_breaker_is_the_defaults_without_breakers(tmp_path):
    upstreams = loaded(NO_BREAKER, tmp_path).upstreams.values()

    assert [upstream.breaker for upstream in upstreams] == [None] * 3
    assert all(upstream.retry and upstream.bulkhead for upstream in upstreams)


def test_hedges_are_for_every_upstream(tmp_path):
    assert all(upstream.hedge for upstream in loaded(HEDGED, tmp_path).upstreams.values())


def test_variants_are_chosen_by_name_and_keep_their_order():
    assert chosen(["peer", "defaults"]) == [DEFAULTS, PEER]
    assert chosen([]) == list(VARIANTS)


def test_unknown_variant_is_told_with_those_there_are():
    with pytest.raises(ValueError, match=r"no variant nonsense; there are .*defaults"):
        chosen(["nonsense"])
