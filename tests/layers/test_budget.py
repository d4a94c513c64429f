"""The tokens that extra attempts are paid with."""

from math import inf

import pytest

from gateway.layers.budget import Budget


def spent(budget, now, most=10_000):
    """Withdraw until nothing is left; how often that went."""
    return next(count for count in range(most) if not budget.withdraw(now))


def used(budget, *, calls, over, start=0.0):
    """So many first attempts, evenly over so many seconds."""
    for i in range(calls):
        budget.deposit(start + i * over / calls)
    return budget


def test_new_budget_has_the_tokens_of_one_second():
    assert spent(Budget(0.1, 3.0), 0.0) == 3


def test_ten_first_attempts_pay_for_one_extra_attempt():
    budget = used(Budget(0.1, 0.0), calls=9, over=0.0)
    assert not budget.withdraw(0.0)

    budget.deposit(0.0)

    assert budget.withdraw(0.0)
    assert not budget.withdraw(0.0)


def test_second_pays_for_one_without_any_traffic():
    budget = Budget(0.1, 1.0)
    budget.withdraw(0.0)

    assert not budget.withdraw(0.9)
    assert budget.withdraw(1.0)


def test_unused_tokens_are_about_what_ten_seconds_bring():
    budget = used(Budget(0.1, 1.0), calls=100_000, over=1000.0)

    assert spent(budget, 1000.0) == pytest.approx(110, abs=3)


def test_idle_budget_forgets_a_busy_time_but_not_what_its_seconds_bring():
    budget = used(Budget(0.1, 1.0), calls=100_000, over=1000.0)

    assert spent(budget, 1100.0) == pytest.approx(10, abs=2)


def test_quiet_upstream_still_has_a_token_when_it_needs_one():
    budget = used(Budget(0.1, 0.0), calls=20, over=2000.0)

    assert budget.withdraw(2000.0)
    assert not budget.withdraw(2000.0)


def test_never_more_extra_attempts_than_calls_and_seconds_paid_for():
    budget = Budget(0.1, 1.0)
    withdrawn = 0
    for i in range(2000):
        now = i / 50
        budget.deposit(now)
        withdrawn += spent(budget, now)

    assert withdrawn <= 2000 * 0.1 + 40 + 1
    assert withdrawn >= 2000 * 0.1 + 40 - 2


def test_token_given_back_can_be_withdrawn_again():
    budget = Budget(0.1, 1.0)
    budget.withdraw(0.0)

    budget.restore()

    assert budget.withdraw(0.0)
    assert not budget.withdraw(0.0)


def test_clock_that_steps_back_brings_nothing_and_takes_nothing():
    budget = Budget(0.1, 1.0)
    budget.withdraw(100.0)

    assert not budget.withdraw(50.0)
    assert budget.snapshot(50.0).tokens == 0.0
    assert budget.withdraw(51.0)


def test_k2_budget_knows_only_the_injected_clock():
    budget = Budget(0.1, 1.0)
    budget.withdraw(0.0)

    assert [budget.withdraw(0.0) for _ in range(100)] == [False] * 100
    assert budget.withdraw(1.0)


def test_endless_budget_never_ends():
    budget = used(Budget(inf, 1.0), calls=1, over=0.0)

    assert all(budget.withdraw(now) for now in (0.0, 1.0, 1e6, 1e9))
    assert budget.snapshot(1e12).tokens == inf


def test_budget_describes_itself():
    budget = used(Budget(0.1, 1.0), calls=10, over=0.0)
    budget.retries.sent, budget.hedges.sent, budget.hedges.withheld = 3, 2, 1

    assert repr(budget) == "<Budget 2.0 tokens, 10% of first attempts + 1/s>"
    snapshot = budget.snapshot(0.0)
    assert snapshot.tokens == pytest.approx(2.0)
    assert (snapshot.first_attempts, snapshot.retries, snapshot.hedges, snapshot.withheld) == (10, 3, 2, 1)
    assert repr(budget.hedges) == "<Extra 2 sent, 0 won, 1 withheld>"
