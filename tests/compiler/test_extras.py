"""Which retries and hedges hold for a step."""

import math

from gateway.compiler.extras import Extras
from gateway.compiler.upstreams import build_upstream
from tests.config.sample import with_step, with_upstream
from tests.support.compiled import shared


def extras(step="{ get: users }", upstream="timeout: 1s", *, repeatable=True):
    spec = with_upstream(f"{{ url: http://a, {upstream} }}")
    return Extras.of(with_step(step), spec, repeatable=repeatable)


def test_silent_step_has_what_its_upstream_says():
    assert extras().retry.attempts == 2
    assert extras().hedge is None
    assert extras(upstream="retry: off, hedge: on").retry is None
    assert extras(upstream="retry: off, hedge: on").hedge is not None


def test_step_replaces_it_or_says_off():
    upstream = "retry: { attempts: 5 }, hedge: on"

    assert extras("{ get: users, retry: { attempts: 3 } }", upstream).retry.attempts == 3
    assert extras("{ get: users, retry: off, hedge: off }", upstream) == Extras(None, None)


def test_one_attempt_is_no_retry():
    assert extras("{ get: users, retry: { attempts: 1 } }").retry is None


def test_call_that_may_not_be_repeated_is_tried_again_if_it_was_not_sent_but_never_hedged():
    made = extras(upstream="hedge: on", repeatable=False)

    assert made.retry is not None
    assert made.hedge is None


def test_layers_that_are_off_are_absent():
    upstream = build_upstream("u", with_upstream("{ url: http://a }"), shared())
    off = Extras(None, None)

    assert off.retrying(upstream, shared()) is None
    assert off.retrying_apart(upstream, shared()) is None
    assert off.races(upstream, shared()) is None
    assert off.hedging(None) is None


def test_retries_and_hedges_draw_on_the_upstreams_one_budget():
    upstream = build_upstream("u", with_upstream("{ url: http://a }"), shared())
    made = extras(upstream="hedge: on")

    assert made.retrying_apart(upstream, shared()).retry.budget is upstream.budget
    assert upstream.budget.ratio == 0.1


def test_budget_that_is_off_is_endless():
    assert (
        build_upstream("u", with_upstream("{ url: http://a, budget: off }"), shared()).budget.ratio
        == math.inf
    )
