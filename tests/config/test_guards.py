import pytest

from gateway.config.guards import ADAPTIVE
from tests.config.sample import faults_of, with_upstream


def bulkhead(settings):
    return with_upstream(f"{{ url: http://a, bulkhead: {settings} }}").bulkhead


def test_fixed_slots_are_their_own_bounds():
    assert bulkhead("{ slots: 7 }").bounds == (7, 7, 7)


def test_adaptive_slots_have_bounds_of_their_own():
    assert bulkhead("{ slots: adaptive }").slots == ADAPTIVE
    assert bulkhead("{ slots: adaptive }").bounds == (4, 20, 1000)
    assert bulkhead("{ slots: adaptive, min: 2, initial: 8, max: 50 }").bounds == (2, 8, 50)


@pytest.mark.parametrize(
    ("settings", "bounds"), [("max: 3", (3, 3, 3)), ("max: 10", (4, 10, 10)), ("min: 30", (30, 30, 1000))]
)
def test_bounds_that_are_not_written_make_room_for_those_that_are(settings, bounds):
    assert bulkhead(f"{{ slots: adaptive, {settings} }}").bounds == bounds


@pytest.mark.parametrize("key", ["min", "initial", "max"])
def test_bounds_of_fixed_slots_are_faults_and_off_is_none(key):
    assert faults_of(bulkhead, f"{{ {key}: 5 }}") == [f"`{key}` is for adaptive slots only"]
    assert bulkhead(f"{{ {key}: off }}").bounds == (1000, 1000, 1000)


@pytest.mark.parametrize("settings", ["min: 5, max: 4", "initial: 3", "initial: 9, max: 8"])
def test_bounds_rise(settings):
    (fault,) = faults_of(bulkhead, f"{{ slots: adaptive, {settings} }}")

    assert fault.startswith("the limits must rise: min is ")


@pytest.mark.parametrize("value", ["adaptiv", "0", "1.5", "off", "true"])
def test_slots_are_a_number_or_adaptive(value):
    assert len(faults_of(bulkhead, f"{{ slots: {value} }}")) == 1


def test_shared_breaker_names_a_redis_store():
    def share(stores):
        settings = "{ url: http://a, breaker: { share: s } }"
        return with_upstream(settings, f"stores: {{ {stores} }}").breaker.share

    assert share("s: { redis: redis://r }") == "s"
    assert faults_of(share, "s: { memory: 1MiB }") == ["`s` is this process's own memory"]
    assert faults_of(share, "t: { redis: redis://r }") == ["no store is called `s`"]


def test_warm_start_is_off_until_asked_for():
    assert with_upstream("{ url: http://a }").warm is None
    warm = with_upstream("{ url: http://a, warm: on }").warm
    assert (warm.connections, warm.ramp) == (10, True)


def test_warm_connections_fit_into_the_pool():
    settings = "{ url: http://a, bulkhead: { slots: 5 }, warm: { connections: 6 } }"

    assert faults_of(with_upstream, settings) == ["there are only 5 connections"]


def test_connections_in_advance_are_for_the_own_transport_only():
    faults = faults_of(with_upstream, "{ url: http://a, transport: httpx, warm: on }")

    assert faults == ["only `transport: h1` opens connections in advance"]
    assert with_upstream("{ url: http://a, transport: httpx, warm: { connections: 0 } }").warm.ramp


def test_ramp_needs_slots():
    faults = faults_of(with_upstream, "{ url: http://a, bulkhead: off, warm: on }")

    assert faults == ["a ramp needs the slots of a bulkhead"]
    assert with_upstream("{ url: http://a, bulkhead: off, warm: { ramp: off } }").warm.connections == 10
