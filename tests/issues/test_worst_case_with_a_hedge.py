"""`explain` promised 301 ms for a call that took 554: a hedge alone beside a first attempt outlasts it."""

from tests.compiler.test_worst_case import longest


def test_worst_case_counts_the_time_of_a_hedge_that_began_late():
    upstream = "timeout: 300ms, retry: off, hedge: { after: 250ms }, bulkhead: { max_wait: 1ms }"

    assert longest("{ get: users }", upstream) == 0.551
