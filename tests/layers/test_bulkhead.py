"""Slots and their queue."""

import asyncio
import random

import pytest

from gateway.layers.bulkhead import Bulkhead, limiting
from gateway.outcome import Cause, Failure, Success
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.sources import After, Hang, ScriptedSource

# ── the policy ──────────────────────────────────────────────────────────────────────────────────────────


class Waiter:
    def __init__(self, *, wants=True) -> None:
        self.wants = wants
        self.granted = 0

    def grant(self):
        self.granted += self.wants
        return self.wants


def test_no_more_slots_are_taken_than_there_are():
    bulkhead = Bulkhead(2, 0, 0.1)

    assert [bulkhead.take() for _ in range(3)] == [True, True, False]

    bulkhead.give()
    assert bulkhead.take()


def test_given_slot_goes_to_the_first_waiter_and_not_to_a_newcomer():
    bulkhead = Bulkhead(1, 2, 0.1)
    bulkhead.take()
    first, second = Waiter(), Waiter()
    assert bulkhead.enqueue(first)
    assert bulkhead.enqueue(second)

    bulkhead.give()

    assert (first.granted, second.granted) == (1, 0)
    assert not bulkhead.take()


def test_slot_passes_over_waiters_that_do_not_want_it_any_more():
    bulkhead = Bulkhead(1, 3, 0.1)
    bulkhead.take()
    gone, wanting = Waiter(wants=False), Waiter()
    bulkhead.enqueue(gone)
    bulkhead.enqueue(wanting)

    bulkhead.give()

    assert wanting.granted == 1


def test_slot_nobody_wants_is_free():
    bulkhead = Bulkhead(1, 3, 0.1)
    bulkhead.take()
    bulkhead.enqueue(Waiter(wants=False))

    bulkhead.give()

    assert bulkhead.in_use == 0


def test_full_queue_takes_nobody_and_leaving_makes_room():
    bulkhead = Bulkhead(1, 1, 0.1)
    first = Waiter()
    bulkhead.take()

    assert bulkhead.enqueue(first)
    assert not bulkhead.enqueue(Waiter())

    bulkhead.leave(first)
    bulkhead.leave(first)
    assert bulkhead.enqueue(Waiter())


def test_slots_that_are_added_go_to_those_who_wait_in_their_order():
    bulkhead = Bulkhead(1, 3, 0.1)
    bulkhead.take()
    waiters = [Waiter(), Waiter(wants=False), Waiter(), Waiter()]
    for waiter in waiters[:3]:
        bulkhead.enqueue(waiter)
    assert bulkhead.enqueue(waiters[3]) is False

    bulkhead.resize(2)
    assert [waiter.granted for waiter in waiters] == [1, 0, 0, 0]

    bulkhead.resize(5)
    assert [waiter.granted for waiter in waiters] == [1, 0, 1, 0]
    assert (bulkhead.in_use, bulkhead.slots) == (3, 5)


def test_shrinking_revokes_no_slot_and_serves_nobody_until_enough_came_back():
    bulkhead = Bulkhead(3, 5, 0.1)
    for _ in range(3):
        bulkhead.take()
    waiter = Waiter()
    bulkhead.enqueue(waiter)

    bulkhead.resize(1)
    assert (bulkhead.in_use, bulkhead.slots) == (3, 1)

    bulkhead.give()
    bulkhead.give()
    assert (bulkhead.in_use, waiter.granted) == (1, 0)

    bulkhead.give()
    assert (bulkhead.in_use, waiter.granted) == (1, 1)
    assert not bulkhead.take()


def test_cap_bounds_the_slots_whatever_the_limit_is_and_gives_them_back_when_it_goes():
    bulkhead = Bulkhead(20, 5, 0.1)

    bulkhead.cap(3)
    assert (bulkhead.slots, bulkhead.limit) == (3, 20)
    bulkhead.resize(50)
    assert (bulkhead.slots, bulkhead.limit) == (3, 50)
    bulkhead.resize(2)
    assert bulkhead.slots == 2

    bulkhead.cap(None)
    assert bulkhead.slots == 2


def test_nobody_goes_past_the_layers_while_there_is_a_cap():
    bulkhead = Bulkhead(20, 5, 0.1)
    assert bulkhead.direct == 20

    bulkhead.cap(30)
    assert (bulkhead.slots, bulkhead.direct) == (20, 0)

    bulkhead.resize(7)
    bulkhead.cap(None)
    assert (bulkhead.slots, bulkhead.direct) == (7, 7)


def test_whatever_is_done_to_it_no_slot_is_lost_or_made_up():
    seeded = random.Random(20)
    bulkhead = Bulkhead(5, 10, 0.1)
    held, queue = 0, []
    for _ in range(20_000):
        match seeded.randrange(5):
            case 0:
                waiter = Waiter(wants=seeded.random() < 0.9)
                if bulkhead.take():
                    held += 1
                elif bulkhead.enqueue(waiter):
                    queue.append(waiter)
            case 1 if held:
                bulkhead.give()
                held -= 1
            case 2:
                bulkhead.resize(seeded.randint(1, 12))
            case 3:
                bulkhead.cap(seeded.choice([None, 1, 3, 30]))
            case 4 if queue:
                bulkhead.leave(queue.pop(0))
        held += sum(waiter.granted for waiter in queue)
        queue = [waiter for waiter in queue if waiter in bulkhead._queue]
        assert bulkhead.in_use == held
        assert not queue or bulkhead.in_use >= bulkhead.slots, "a slot is free while somebody waits"


def test_bulkhead_describes_itself():
    bulkhead = Bulkhead(2, 5, 0.1, "users")
    bulkhead.take()

    assert repr(bulkhead) == "<Bulkhead users: 1 of 2 slots in use, 0 of 5 waiting>"
    snapshot = bulkhead.snapshot()
    assert (snapshot.name, snapshot.slots, snapshot.in_use) == ("users", 2, 1)
    assert (snapshot.waiting, snapshot.most_waiting, snapshot.refused) == (0, 5, 0)


# ── the layer ───────────────────────────────────────────────────────────────────────────────────────────


class Setting:
    """A source behind a bulkhead of *slots* + *waiting*, 100 ms."""

    def __init__(self, slots, waiting, *script) -> None:
        self.loop = asyncio.get_running_loop()
        self.bulkhead = Bulkhead(slots, waiting, 0.1)
        self.timers = Timers(self.loop)
        self.source = ScriptedSource().will(*script)
        self.limited = limiting(self.bulkhead, self.timers)(self.source)

    def start(self, count=1, **call):
        return [asyncio.ensure_future(self.limited(make_call(**call))) for _ in range(count)]

    def hand_on_the_slot(self):
        """Grant a slot to the first waiter, which has not run again when this returns."""
        self.bulkhead.resize(self.bulkhead.limit + 1)  # the holder still holds its own

    @property
    def idle(self):
        snapshot = self.bulkhead.snapshot()
        return (snapshot.in_use, snapshot.waiting, len(self.timers.of(0.1))) == (0, 0, 0)


async def test_free_slot_is_taken_without_giving_up_control():
    setting = Setting(1, 0, Success(b"1"))
    coroutine = setting.limited(make_call())

    with pytest.raises(StopIteration) as done:
        coroutine.send(None)

    assert done.value.value.body == b"1"
    assert setting.idle


async def test_l1_calls_beyond_slots_and_queue_are_refused_at_once_and_queued_ones_after_their_wait():
    setting = Setting(20, 20, Hang())
    started = setting.loop.time()
    tasks = setting.start(100)
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    refused_at_once = [task for task in tasks if task.done()]
    assert (len(setting.source.calls), len(refused_at_once)) == (20, 60)
    assert setting.bulkhead.snapshot().waiting == 20

    done, hanging = await asyncio.wait(tasks, timeout=0.15)
    assert (len(done), len(hanging)) == (80, 20)
    assert {task.result().cause for task in done} == {Cause.BULKHEAD_FULL}
    assert setting.bulkhead.refused == 80
    assert setting.loop.time() - started == pytest.approx(0.15)
    for task in hanging:
        task.cancel()
    await asyncio.wait(hanging)
    assert setting.idle


async def test_queued_call_leaves_when_its_wait_is_over_and_not_before():
    setting = Setting(1, 1, Hang())
    setting.start()
    await asyncio.sleep(0)
    started = setting.loop.time()

    outcome = await setting.limited(make_call())

    assert outcome.cause is Cause.BULKHEAD_FULL
    assert (outcome.detail, outcome.retry_after) == ("no slot came free within 100 ms", 1.0)
    assert setting.loop.time() - started == pytest.approx(0.1)


async def test_l2_never_more_in_flight_than_slots():
    setting = Setting(5, 100, After(0.01))

    outcomes = await asyncio.gather(*setting.start(50))

    assert (setting.source.peak, len(setting.source.calls)) == (5, 50)
    assert all(isinstance(outcome, Success) for outcome in outcomes)
    assert setting.idle


async def test_l4_queue_is_first_come_first_served():
    setting = Setting(1, 100, After(0.001))

    await asyncio.gather(*[setting.limited(make_call(f"call {i}")) for i in range(50)])

    assert [call.step for call in setting.source.calls] == [f"call {i}" for i in range(50)]


async def test_l4_nobody_waits_longer_than_agreed_however_many_come():
    setting = Setting(2, 20, After(0.03))
    waits = []

    async def client():
        for _ in range(20):
            started = setting.loop.time()
            outcome = await setting.limited(make_call())
            spent = setting.loop.time() - started
            served = isinstance(outcome, Success)
            waits.append(spent - 0.03 if served else spent)
            await asyncio.sleep(0.0 if served else 0.01)

    await asyncio.gather(*[client() for _ in range(40)])

    assert len(waits) == 800
    assert 0.05 < max(waits) <= 0.1 + 1e-9
    assert setting.idle


async def test_l4_slots_that_come_and_go_let_nobody_starve():
    setting = Setting(1, 50, After(0.01))
    tasks = [asyncio.ensure_future(setting.limited(make_call(f"call {i}"))) for i in range(40)]

    for slots in (4, 1, 8, 2):
        await asyncio.sleep(0.012)
        setting.bulkhead.resize(slots)
    outcomes = await asyncio.gather(*tasks)

    served = [call.step for call in setting.source.calls]
    assert served == [f"call {i}" for i in range(len(served))]
    assert {outcome.cause for outcome in outcomes[len(served) :]} <= {Cause.BULKHEAD_FULL}
    assert setting.idle


async def test_c3_call_that_is_cut_while_queued_never_reaches_the_upstream():
    setting = Setting(1, 5, Hang())
    setting.start()
    queued = make_call()
    task = asyncio.ensure_future(setting.limited(queued))
    await asyncio.sleep(0.05)

    queued.cut(Failure(Cause.OUT_OF_TIME, "the client left"))
    outcome = await task

    assert (outcome.cause, len(setting.source.calls)) == (Cause.OUT_OF_TIME, 1)
    assert (setting.bulkhead.snapshot().waiting, setting.bulkhead.in_use) == (0, 1)
    assert len(setting.timers.of(0.1)) == 0


async def test_call_that_was_cut_before_it_queued_does_not_wait():
    setting = Setting(1, 5, Hang())
    setting.start()
    await asyncio.sleep(0)
    started = setting.loop.time()
    call = make_call()
    call.cut(Failure(Cause.OUT_OF_TIME))

    assert (await setting.limited(call)).cause is Cause.OUT_OF_TIME
    assert setting.loop.time() == started
    assert setting.bulkhead.snapshot().waiting == 0


async def test_slot_granted_to_a_call_that_was_cut_in_the_same_moment_goes_on_to_the_next():
    setting = Setting(1, 5, After(0.05), Success(b"next"))
    setting.start()
    await asyncio.sleep(0)
    cut = make_call("cut")
    first = asyncio.ensure_future(setting.limited(cut))
    second = asyncio.ensure_future(setting.limited(make_call("next")))
    await asyncio.sleep(0)

    setting.hand_on_the_slot()
    cut.cut(Failure(Cause.OUT_OF_TIME))

    assert (await first).cause is Cause.OUT_OF_TIME
    assert (await second).body == b"next"
    assert [call.step for call in setting.source.calls] == ["orders", "next"]


@pytest.mark.parametrize("granted", [False, True])
async def test_cancelled_waiter_gives_back_what_it_holds(granted):
    setting = Setting(1, 5, After(0.05))
    (holder,) = setting.start()
    (waiter,) = setting.start()
    await asyncio.sleep(0)

    if granted:
        setting.hand_on_the_slot()
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    await holder

    assert setting.idle
    assert len(setting.source.calls) == 1


async def test_cancelled_holder_gives_its_slot_to_the_next():
    setting = Setting(1, 5, Hang(), Success(b"next"))
    holder, waiter = setting.start(2)
    await asyncio.sleep(0.01)

    holder.cancel()

    assert (await waiter).body == b"next"
    assert setting.idle


async def test_holder_that_raises_gives_its_slot_back():
    setting = Setting(1, 5, RuntimeError("bug"))

    with pytest.raises(RuntimeError, match="bug"):
        await setting.limited(make_call())

    assert setting.idle


@pytest.mark.parametrize("place", ["holder", "waiter"])
async def test_torn_down_coroutine_gives_back_what_it_holds(place):
    setting = Setting(1, 5, Hang())
    holder, waiter = setting.limited(make_call()), setting.limited(make_call())
    holder.send(None)
    waiter.send(None)

    (holder if place == "holder" else waiter).close()
    (waiter if place == "holder" else holder).close()

    assert setting.idle


async def test_queue_of_length_zero_refuses_at_once():
    setting = Setting(1, 0, Hang())
    setting.start()
    await asyncio.sleep(0)
    started = setting.loop.time()

    outcome = await setting.limited(make_call())

    assert (outcome.cause, setting.loop.time()) == (Cause.BULKHEAD_FULL, started)
    assert outcome.detail == "1 calls in flight and 0 waiting"
