"""What is kept, and for how long."""

import random
import statistics

import pytest

from gateway.layers.cache_rules import CacheRules
from gateway.outcome import Cause, Freshness, Success


def rules(*times, chance=0.5, **rest):
    """Rules whose spread is none (*chance* 0.5) unless the test is about it."""
    return CacheRules(*(times or (5.0, 30.0, 300.0)), random=lambda: chance, **rest)


def answered(cache_control=None, body=b"[1]", **rest):
    headers = {name.encode(): value for name, value in rest.items()}
    if cache_control is not None:
        headers[b"cache-control"] = cache_control
    return Success(body, meta=headers)


def kept(cache_control, *, chance=0.5, varying=frozenset(), authorized=False, **rest):
    """The copy, or none, where the upstream is asked."""
    asking = rules(chance=chance, cache_control=True, varying=varying, authorized=authorized)
    return asking.copy_of(answered(cache_control, **rest))


def test_live_answer_is_kept_with_its_windows_and_its_status():
    copy = rules().copy_of(Success(b"[1]", status=203))

    assert (copy.body, copy.status, copy.age) == (b"[1]", 203, 0.0)
    assert (copy.fresh, copy.revalidate, copy.stand_in) == (5.0, 30.0, 300.0)


@pytest.mark.parametrize("freshness", [Freshness.CACHED, Freshness.STALE, Freshness.FALLBACK])
def test_p8_what_is_not_live_is_never_kept(freshness):
    assert rules().copy_of(Success(b"[1]", freshness)) is None


def test_p8_what_stands_in_for_a_failure_is_never_kept():
    assert rules().copy_of(Success(b"[1]", Freshness.LIVE, Cause.TIMEOUT)) is None


def test_unasked_upstream_has_no_say():
    assert rules().copy_of(answered(b"no-store", age=b"999")).left == 305.0


def test_lifetimes_are_spread_evenly_around_the_configured_one():
    generator = random.Random(5)
    spread = CacheRules(10.0, random=generator.random)

    lives = [spread.copy_of(Success(b"1")).fresh for _ in range(2000)]

    assert 9.0 <= min(lives) < 9.05
    assert 10.95 < max(lives) <= 11.0
    assert statistics.mean(lives) == pytest.approx(10.0, abs=0.05)


# ── where the upstream is asked ─────────────────────────────────────────────────────────────────────────


def test_upstream_may_forbid():
    assert kept(b"no-store") is None
    assert kept(b"private, max-age=60") is None


def test_upstream_may_shorten_but_ttl_is_the_longest():
    assert kept(b"max-age=3").fresh == pytest.approx(3.0 * 0.9)
    assert kept(b"max-age=60").fresh == 5.0
    assert kept(None).fresh == 5.0


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_spread_never_makes_an_answer_live_longer_than_its_upstream_said(chance):
    assert 2.4 <= kept(b"max-age=3", chance=chance).fresh <= 3.0


def test_age_of_an_answer_counts():
    copy = kept(b"max-age=12", age=b"10")

    assert copy.age == 10.0
    assert copy.fresh == pytest.approx(10.0 + 2.0 * 0.9)


def test_answer_that_came_too_old_is_kept_only_for_its_windows():
    assert kept(b"max-age=5, stale-while-revalidate=0, stale-if-error=0", age=b"9") is None
    copy = kept(b"max-age=5", age=b"9")
    assert (copy.fresh, copy.age, copy.revalidate) == (9.0, 9.0, 30.0 - 4.0)


def test_windows_of_the_upstream_take_the_place_of_the_configured_ones():
    copy = kept(b"max-age=5, stale-while-revalidate=1, stale-if-error=2")

    assert (copy.revalidate, copy.stand_in) == (1.0, 2.0)


def test_answer_that_must_be_asked_for_anew_is_kept_as_long_as_it_is_fresh():
    copy = kept(b"max-age=5, must-revalidate")

    assert copy.left == copy.fresh == pytest.approx(4.5)


def test_answer_that_varies_with_what_calls_are_not_told_apart_by_is_not_kept():
    assert kept(b"max-age=5", vary=b"Accept-Language", varying=frozenset({b"accept-language"})) is None
    assert kept(b"max-age=5", vary=b"Accept", varying=frozenset({b"accept-language"})) is not None
    assert kept(b"max-age=5", vary=b"Accept, *") is None


def test_answer_to_credentials_is_kept_only_if_its_upstream_says_so():
    assert kept(b"max-age=5", authorized=True) is None
    assert kept(None, authorized=True) is None
    assert kept(b"public, max-age=5", authorized=True) is not None


def test_answer_whose_headers_nobody_saw_is_not_kept():
    assert rules(cache_control=True).copy_of(Success(b"null", status=404)) is None


def test_rules_describe_themselves():
    assert repr(rules()) == "<CacheRules 5 s, stale 30 s, for errors 300 s>"
    assert repr(rules(cache_control=True)).endswith(", as the upstream says>")
