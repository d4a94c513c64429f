"""Steps that are values."""

import json

from tests.support.compiled import messages
from tests.support.gateways import serving

CONFIG = """
upstreams: {}
routes:
  GET /x/{id:int}:
    steps:
      fixed: { value: { plan: free, limits: [1, 2.50] } }
      made: { value: { id: "{id}", first: "{fixed.limits[0]}", q: "{query.q}", missing: "{fixed.none}" } }
      nothing: { value: null }
"""


async def test_a_value_answers_with_itself_and_reads_what_templates_read():
    async with serving(CONFIG) as served:
        answer = await served.get("/x/7?q=a%20b")

    assert answer.status == 200
    assert json.loads(answer.body) == {
        "fixed": {"plan": "free", "limits": [1, 2.50]},
        "made": {"id": 7, "first": 1, "q": "a b", "missing": None},
        "nothing": None,
    }


async def test_a_configuration_of_values_needs_no_upstreams_and_shows_none():
    async with serving(CONFIG) as served:
        health = await served.get("/health")
        told = served.gateway.explain("GET /x/{id:int}")

    assert json.loads(health.body) == {"status": "healthy", "upstreams": {}}
    assert "made  value" in told


def test_what_a_value_reads_must_be_there():
    text = 'upstreams: {}\nroutes: { GET /x: { steps: { a: { value: "{b.c}" } } } }'

    assert messages(text) == ["nothing is called `b`"]


def test_values_are_not_worth_a_cache():
    text = "upstreams: {}\nroutes: { GET /x: { steps: { a: { value: 1, cache: { ttl: 1s } } } } }"

    assert messages(text) == ["`cache` is for calls that can be equal, and this one cannot"]
