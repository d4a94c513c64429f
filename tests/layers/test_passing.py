"""What is held until an answer is closed, and what is judged at its head."""

import asyncio

import pytest

from gateway.layers.address import Address
from gateway.layers.balance import Balance
from gateway.layers.breaker import Breaker
from gateway.layers.bulkhead import Bulkhead
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.passing import (
    balancing_answers,
    closing_earlier_answers,
    judging_heads,
    limiting_answers,
)
from gateway.outcome import Cause, Failure, Success
from gateway.timers import Timers
from tests.support.calls import make_call

FAILED = Failure(Cause.FAILED, "HTTP 503", 503)


class Passage:
    """A passage whose answer is there or not; ``spent`` seconds were the client's."""

    def __init__(self, *, answers=True, spent=0.0):
        self.answers, self.spent = answers, spent
        self.held = []

    def hold(self, release):
        if self.answers:
            self.held.append(release)
        return self.answers

    def close(self):
        while self.held:
            self.held.pop()()

    def theirs(self, now):
        return self.spent


def call(passage):
    made = make_call()
    made.payload = passage
    return made


def source(outcome=None, took=0.0):
    async def answer(_):
        await asyncio.sleep(took)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome or Success(b"")

    return answer


async def test_slot_comes_back_when_the_answer_is_closed():
    bulkhead, passage = Bulkhead(1, 1, 0.1), Passage()
    limited = limiting_answers(bulkhead, Timers(asyncio.get_running_loop()))(source())

    await limited(call(passage))

    assert bulkhead.in_use == 1
    assert (await limited(call(Passage()))).cause is Cause.BULKHEAD_FULL
    passage.close()
    assert bulkhead.in_use == 0


@pytest.mark.parametrize("outcome", [Failure(Cause.TIMEOUT), RuntimeError(), asyncio.CancelledError()])
async def test_slot_comes_back_at_once_without_an_answer(outcome):
    bulkhead = Bulkhead(1, 1, 0.1)
    limited = limiting_answers(bulkhead, Timers(asyncio.get_running_loop()))(source(outcome))

    try:
        await limited(call(Passage(answers=False)))
    except BaseException as error:
        assert error is outcome

    assert bulkhead.in_use == 0


async def test_another_attempt_begins_when_the_answer_before_it_is_closed():
    bulkhead, passage = Bulkhead(1, 1, 0.1), Passage()
    limited = limiting_answers(bulkhead, Timers(asyncio.get_running_loop()))(source(FAILED))
    anew = closing_earlier_answers()(limited)

    await anew(call(passage))
    await anew(call(passage))

    assert bulkhead.in_use == 1


def breaker(**rules):
    clock = asyncio.get_running_loop().time
    return Breaker(rules=CircuitRules(timeout=1.0, **rules), clock=clock), clock


async def test_verdict_is_given_at_the_head():
    guard, clock = breaker(consecutive=2)
    judged = judging_heads(guard, clock)(source(FAILED))

    for _ in range(2):
        assert await judged(call(Passage())) is FAILED
    assert (await judged(call(Passage()))).cause is Cause.CIRCUIT_OPEN


async def test_time_that_the_client_took_is_not_the_upstreams():
    guard, clock = breaker(slow_call=0.1, minimum_throughput=2)
    judged = judging_heads(guard, clock)(source(took=0.2))

    await judged(call(Passage(spent=0.15)))
    assert guard.snapshot().slow == 0
    await judged(call(Passage()))
    assert guard.snapshot().slow == 1


@pytest.mark.parametrize("error", [RuntimeError(), asyncio.CancelledError()])
async def test_permit_comes_back_whatever_happens(error):
    guard, clock = breaker()
    judged = judging_heads(guard, clock)(source(error))

    with pytest.raises(type(error)):
        await judged(call(Passage()))
    assert (guard.snapshot().probes_out, guard.snapshot().failed) == (0, 0)


async def test_address_is_pending_until_its_answer_is_closed_and_the_next_goes_elsewhere():
    addresses = [Address(str(n), None, None, None) for n in range(2)]
    balance = Balance(addresses, lambda: 0.5)
    balanced = balancing_answers(balance, [source(), source()], asyncio.get_running_loop().time)
    passages = [Passage(), Passage()]

    for passage in passages:
        await balanced(call(passage))

    assert [address.pending for address in addresses] == [1, 1]
    for passage in passages:
        passage.close()
    assert [address.pending for address in addresses] == [0, 0]


async def test_address_whose_circuit_refuses_is_passed_over_once_each():
    refused = Failure(Cause.CIRCUIT_OPEN)
    addresses = [Address(str(n), None, None, None) for n in range(2)]
    balance = Balance(addresses, lambda: 0.5)
    refusing = source(refused)
    balanced = balancing_answers(balance, [refusing, refusing], asyncio.get_running_loop().time)

    assert await balanced(call(Passage(answers=False))) is refused
    assert [address.calls for address in addresses] == [1, 1]
    assert [address.pending for address in addresses] == [0, 0]
