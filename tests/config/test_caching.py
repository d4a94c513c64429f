import pytest

from gateway.config import load_text
from gateway.config.caching import redis_url
from gateway.config.faults import Wrong
from tests.config.sample import faults_of, with_step, with_upstream


def cache(settings):
    return with_step(f"{{ get: users, cache: {settings} }}").cache


def store(settings):
    text = (
        f"stores:\n  s: {settings}\nupstreams:\n  u: {{ url: http://a }}\n"
        "routes:\n  GET /x: { steps: { a: { get: u } } }\n"
    )
    return load_text(text, {}).config.stores["s"]


def test_nothing_is_kept_until_asked_for():
    assert with_step("{ get: users }").cache is None
    assert cache("off") is None
    assert with_step("{ get: users }").coalesce is False
    assert with_step("{ get: users, coalesce: on }").coalesce is True


def test_ttl_must_be_written():
    assert faults_of(cache, "on") == ["`ttl` is missing in `cache`"]
    plain = cache("{ ttl: 5s }")
    assert (plain.ttl, plain.stale_while_revalidate, plain.stale_if_error) == (5.0, 0.0, 0.0)
    assert (plain.key, plain.cache_control, plain.store) == (None, False, None)


def test_stale_copies_have_times_of_their_own_or_off():
    kept = cache("{ ttl: 5s, stale_while_revalidate: 30s, stale_if_error: off }")

    assert (kept.stale_while_revalidate, kept.stale_if_error) == (30.0, 0.0)


def test_key_is_a_list_of_references():
    assert cache('{ ttl: 1s, key: ["{query.id}"] }').key == ("{query.id}",)
    assert faults_of(cache, "{ ttl: 1s, key: }") == ["key: there is no value"]
    assert faults_of(cache, "{ ttl: 1s, key: [] }") == ["a key without references is the same for everybody"]
    assert faults_of(cache, '{ ttl: 1s, key: "{query.id}" }') == ["`key` must be a list"]


def test_store_of_a_cache_must_be_there():
    assert faults_of(cache, "{ ttl: 1s, store: nowhere }") == ["no store is called `nowhere`"]


def test_store_is_memory_or_redis_or_one_before_the_other():
    assert store("{ redis: redis://user:word@r:6379/1, timeout: 3ms }").timeout == 0.003
    assert store("{ memory: 1MiB }").memory == 2**20
    assert store("{ memory: 1MiB, redis: redis://r }").redis == "redis://r"
    assert faults_of(store, "{ timeout: 5ms }") == ["s: a store says what it is"]
    assert len(faults_of(store, "{ memory: }")) == 1


@pytest.mark.parametrize("value", ["http://r", "redis://", "r:6379", "redis://r:0", 5, None])
def test_other_urls_are_no_redis(value):
    with pytest.raises(Wrong):
        redis_url(value)


def test_stores_that_nobody_uses_are_no_fault():
    assert with_upstream("{ url: http://a }", "stores: { s: { memory: 1MiB } }").timeout == 1.0
