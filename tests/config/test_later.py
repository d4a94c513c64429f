import pytest

from gateway.config.later import NOT_BUILT
from tests.config.sample import faults_of, with_route, with_upstream


@pytest.mark.parametrize("value", ["off", "on", "{ attempts: 3 }", ""])
@pytest.mark.parametrize("key", NOT_BUILT["upstream"])
def test_key_of_a_later_version_says_so_whatever_its_value(key, value):
    upstream = f"\n    url: http://a\n    {key}: {value}"

    assert faults_of(with_upstream, upstream) == [f"`{key}` is not built yet in this version of the gateway"]


def test_key_of_a_later_version_says_so_wherever_it_belongs():
    def told(key):
        return [f"`{key}` is not built yet in this version of the gateway"]

    assert faults_of(with_upstream, "{ url: http://a, health: off }") == told("health")
    assert faults_of(with_upstream, "{ url: http://a }", "defaults: { upstream: { chaos: on } }") == told(
        "chaos"
    )
    assert faults_of(with_route, "status: 200", "jobs: {}") == told("jobs")
