"""An example answers every call, at once and as it is."""

from gateway.outcome import Freshness
from gateway.sources.example import example_source


async def test_every_call_is_answered_with_the_example():
    source = example_source(b'{"id": 1.50}')

    outcome = await source(None)

    assert (outcome.body, outcome.freshness) == (b'{"id": 1.50}', Freshness.LIVE)
