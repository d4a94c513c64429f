import pytest

from gateway.config import ABSENT, Percentile
from tests.config.sample import faults_of, with_step, with_upstream


def upstream(settings):
    return with_upstream(f"{{ url: http://a, {settings} }}")


def test_retries_are_on_and_hedges_off_when_nothing_is_written():
    plain = with_upstream("{ url: http://a }")

    assert (plain.retry.attempts, plain.retry.backoff, plain.retry.max_backoff) == (2, 0.05, 0.5)
    assert (plain.budget.ratio, plain.budget.per_second) == (0.1, 1.0)
    assert plain.hedge is None


@pytest.mark.parametrize("layer", ["retry", "hedge", "budget", "balance"])
def test_each_takes_off(layer):
    assert getattr(upstream(f"{layer}: off"), layer) is None


def test_hedge_waits_for_a_percentile_or_a_duration():
    assert upstream("hedge: on").hedge.after == Percentile(0.95)
    assert upstream("hedge: { after: p99.9 }").hedge.after.share == pytest.approx(0.999)
    assert upstream("hedge: { after: 30ms }").hedge.after == 0.03
    assert str(Percentile(0.999)) == "p99.9"


@pytest.mark.parametrize("after", ["p", "p49", "p100", "95", "30", "q95", "off"])
def test_hedge_waits_for_nothing_else(after):
    assert len(faults_of(upstream, f"hedge: {{ after: {after} }}")) == 1


def test_the_first_attempt_counts():
    assert upstream("retry: { attempts: 1 }").retry.attempts == 1
    assert faults_of(upstream, "retry: { attempts: 0 }") == ["attempts: the first attempt counts too"]
    assert faults_of(upstream, "retry: { attempts: 11 }") == ["attempts: `11` is not between 1 and 10"]
    assert faults_of(upstream, "retry: { attempts: false }") == ["attempts: `false` is not a whole number"]


def test_longest_wait_is_not_below_the_first():
    assert faults_of(upstream, "retry: { backoff: 1s }") == ["`max_backoff` is below `backoff`"]


@pytest.mark.parametrize(("value", "read"), [("0", 0.0), ("0.5", 0.5), ("20", 20.0)])
def test_budget_per_second_is_a_number(value, read):
    assert upstream(f"budget: {{ per_second: {value} }}").budget.per_second == read


@pytest.mark.parametrize("value", ["-1", "1s", "true", "2000000"])
def test_budget_per_second_is_nothing_else(value):
    assert len(faults_of(upstream, f"budget: {{ per_second: {value} }}")) == 1


def test_step_replaces_what_its_upstream_says_or_is_silent():
    silent = with_step("{ get: users }")
    assert (silent.retry, silent.hedge) == (ABSENT, ABSENT)
    assert with_step("{ get: users, retry: off, hedge: off }").retry is None
    own = with_step("{ get: users, retry: { attempts: 3 }, hedge: { after: 10ms } }")
    assert (own.retry.attempts, own.retry.backoff, own.hedge.after) == (3, 0.05, 0.01)
