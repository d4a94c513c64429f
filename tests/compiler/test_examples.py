"""What is only tried calls nobody, and says which examples it lacks."""

from dataclasses import replace

import pytest

from gateway import Gateway
from gateway.config import ConfigError, load_text

CONFIG = """
upstreams: { users: { url: http://127.0.0.1:1 } }
routes:
  GET /some: { steps: { a: { get: users }, b: { get: users, example: 1 }, c: { value: 2 } } }
  GET /all:
    steps:
      a: { get: users, example: { id: 7 }, undo: { post: users/undo } }
      b: { get: "users/{a.id}", example: null }
  GET /passed: { proxy: users/x }
"""


def tried(route):
    return Gateway(replace(load_text(CONFIG, {}), examples=route), environ={})


def test_step_without_an_example_is_a_fault_with_its_place():
    with pytest.raises(ConfigError) as raised:
        tried("GET /some")

    (fault,) = raised.value.faults
    assert str(fault).startswith("gateway.yaml:4:25: `a` has no example to answer with")


def test_what_is_passed_on_cannot_be_tried_without_its_upstream():
    with pytest.raises(ConfigError, match="what is passed on has no example"):
        tried("GET /passed")


@pytest.mark.parametrize("route", ["GET /all", ""])
async def test_upstreams_are_not_opened(route):
    gateway = tried(route)

    assert {address.name for address in gateway._compiled.addresses()} <= {"value"}
    async with gateway:
        assert all(upstream.client.state().in_use == 0 for upstream in gateway.upstreams.values())
    assert gateway.routes["GET /all"].facts[0].upstream.layers == ("example",)


def test_examples_mean_nothing_to_a_gateway_that_serves():
    gateway = Gateway(load_text(CONFIG, {}), environ={})

    assert "example" not in gateway.routes["GET /all"].facts[0].upstream.layers
    assert {address.name for address in gateway._compiled.addresses()} == {"http://127.0.0.1:1", "value"}


def test_examples_are_explained():
    told = Gateway(load_text(CONFIG, {}), environ={}).explain("GET /some")

    assert told.count("its example answers in `gateway try --mock`") == 1
