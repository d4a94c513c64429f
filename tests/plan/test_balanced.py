"""Direct calls at several addresses: begun at the one that is picked, or left to the plain form."""

import asyncio

import pytest

from gateway.call import Call
from gateway.layers.circuit_state import CircuitState
from gateway.outcome import Cause, Failure, Success
from gateway.plan.execute import Run
from tests.support.scenes import TRACE, Request, Scene, World
from tests.support.virtual_time import run_virtually
from tests.support.wires import Entry


def made(*entries, **rest):
    """A world of two addresses, how its calls begin, and the run that they belong to."""
    world = World(Scene((Request(0.0, entries),), addresses=2, **rest), direct=True)
    plan = world.plan(0, len(entries))
    return world, plan.steps[0].direct, Run(plan, world.engine, [], TRACE, 0.5)


def call(left=9.0, number=0):
    return Call("s", (0, number), asyncio.get_running_loop().time() + left, 0.2, TRACE)


def counts(world):
    return [(each.address.calls, each.address.pending) for each in world.sites]


def test_calls_are_pending_at_the_address_they_were_begun_at_until_they_end():
    async def play():
        world, direct, run = made(Entry(Success(b"1"), 0.1))
        first, second = call(), call()
        begun = [direct.begin(each, run, 0) is not None for each in (first, second)]
        under_way = sorted(counts(world))
        await asyncio.sleep(0.2)
        return begun, under_way, first.tried | second.tried, counts(world), len(world.attempts.records)

    assert run_virtually(play) == ([True, True], [(1, 1), (1, 1)], 0b11, [(1, 0), (1, 0)], 2)


@pytest.mark.parametrize("turns", [False, True])
def test_call_that_would_have_to_wait_is_not_begun_and_goes_where_it_would_have_gone(turns):
    async def play():
        world, direct, run = made(Entry(Success(b"1"), 0.1, idle=False), turns=turns)
        begun = direct.begin(call(), run, 0)
        untouched = counts(world)
        taken = []
        for _ in range(6):
            refused = world.balance.pick(asyncio.get_running_loop().time())
            world.balance.put_back(refused)
            taken.append(world.balance.pick(asyncio.get_running_loop().time()) is refused)
            await asyncio.sleep(0.0137)
        return begun, untouched, all(taken)

    assert run_virtually(play) == (None, [(0, 0), (0, 0)], True)


def test_call_is_left_to_the_plain_form_if_all_addresses_refuse():
    async def play():
        world, direct, run = made(Entry(Success(b"1"), 0.1))
        now = asyncio.get_running_loop().time()
        for site in world.sites:
            site.circuit.force(CircuitState.FORCED_OPEN, now)
        return direct.begin(call(), run, 0), counts(world)

    assert run_virtually(play) == (None, [(0, 0), (0, 0)])


def test_no_address_is_picked_for_a_call_that_has_no_time_left_or_was_cut():
    async def play():
        world, direct, run = made(Entry(Success(b"1"), 0.1), turns=True)
        late, cut = call(left=-0.1), call()
        cut.cut(Failure(Cause.OUT_OF_TIME))
        turn = world.balance._next
        return direct.begin(late, run, 0), direct.begin(cut, run, 0), world.balance._next == turn

    assert run_virtually(play) == (None, None, True)


def test_hedge_of_a_direct_call_goes_to_another_address():
    async def play():
        entry = Entry(Success(b"1"), 0.3, then=Entry(Success(b"2"), 0.02))
        world, _, run = made(entry, hedged=0.03, budget=3.0)
        await run.run()
        return run.outcomes[0].body, [len(site.wire.sent) for site in world.sites], counts(world)

    assert run_virtually(play) == (b"2", [1, 1], [(1, 0), (1, 0)])
