"""An answer that came long after its max-age was served as if it had only just ceased to be fresh."""

from gateway.layers.cache_rules import CacheRules
from gateway.outcome import Freshness, Success


def kept(age, **windows):
    rules = CacheRules(ttl=60.0, random=lambda: 0.5, cache_control=True, **windows)
    return rules.copy_of(Success(b"[1]", Freshness.LIVE, meta={b"cache-control": b"max-age=60", b"age": age}))


def test_windows_begin_when_the_answer_ceased_to_be_fresh():
    copy = kept(b"100", stale_while_revalidate=50.0, stale_if_error=90.0)

    assert (copy.revalidate, copy.stand_in) == (10.0, 50.0)


def test_answer_whose_windows_were_over_when_it_came_is_not_kept():
    assert kept(b"100", stale_while_revalidate=2.0, stale_if_error=30.0) is None
