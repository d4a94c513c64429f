"""One question: it ends once, and tells the circuit what its ending says about the server."""

import asyncio

from gateway.stores.redis_copy import encode
from gateway.stores.redis_read import Read, Tally
from tests.support.circuits import Traffic
from tests.support.copies import copy_of, key_of

KEY = key_of("orders of 7")
DATA = encode(KEY, copy_of(b"[1]"), 1000)


class Setting:
    """A question that is under way on a clock that the test turns; its time is 5 ms."""

    def __init__(self):
        self.traffic = Traffic(consecutive=1)
        self.tally = Tally()
        self.read = self.ask()

    def ask(self):
        future = asyncio.get_running_loop().create_future()
        circuit, clock = self.traffic.circuit, lambda: self.traffic.now
        return Read(KEY, b"name", future, circuit, self.traffic.admit(), self.tally, clock, 0.005)

    @property
    def ended(self):
        return self.read.future.result(), self.traffic.state

    def half_open(self):
        """Ask the question as a probe."""
        self.traffic.fail()
        self.traffic.wait(self.traffic.open_remaining)
        self.read = self.ask()


async def test_answer_in_time_is_a_sign_of_life():
    setting = Setting()

    setting.read.answer(DATA, 1000)

    assert setting.ended[0].body == b"[1]"
    assert (setting.traffic.snapshot.total, setting.tally.hits) == (1, 1)


async def test_nothing_and_damage_are_signs_of_life_too():
    for data, left, tally in (
        (None, -2, Tally(misses=1)),
        (b"?", 1000, Tally(damaged=1)),
        (DATA, -1, Tally(damaged=1)),
        (ValueError("WRONGTYPE"), 1000, Tally(damaged=1)),
    ):
        setting = Setting()
        setting.read.answer(data, left)
        assert setting.ended == (None, "closed")
        assert setting.tally == tally


async def test_copy_that_is_of_no_use_any_more_is_a_miss():
    setting = Setting()
    setting.read.answer(encode(KEY, copy_of(fresh=1.0, age=0.9), 1000), 100)

    assert setting.ended == (None, "closed")
    assert setting.tally == Tally(misses=1)


async def test_no_answer_in_time_counts_against_the_server():
    setting = Setting()
    setting.traffic.wait(0.005)

    setting.read.expire()

    assert setting.ended == (None, "open")
    assert setting.traffic.snapshot.last_failure == "no answer within 5 ms"
    assert setting.tally == Tally(timeouts=1)


async def test_timer_that_came_late_itself_is_no_evidence():
    setting = Setting()
    setting.half_open()
    setting.traffic.wait(0.011)

    setting.read.expire()

    assert setting.ended == (None, "half_open")
    assert (setting.traffic.snapshot.probes_out, setting.tally.timeouts) == (0, 1)


async def test_lost_connection_counts_against_the_server():
    setting = Setting()
    setting.read.fail("ConnectionError")

    assert setting.ended == (None, "open")
    assert setting.tally == Tally(errors=1)


async def test_asker_that_goes_gives_the_permit_back():
    setting = Setting()
    setting.half_open()
    setting.read.leave()

    assert setting.read.future.cancelled()
    assert (setting.traffic.state, setting.traffic.snapshot.probes_out) == ("half_open", 0)


async def test_question_that_nobody_will_ask_gives_the_permit_back():
    setting = Setting()
    setting.half_open()
    setting.read.skip()

    assert setting.ended == (None, "half_open")
    assert (setting.traffic.snapshot.probes_out, setting.tally) == (0, Tally(skipped=1))


async def test_question_ends_once():
    for first in ("expire", "skip", "leave"):
        setting = Setting()
        setting.half_open()
        getattr(setting.read, first)()
        ended = (setting.traffic.state, setting.traffic.snapshot.probes_out, str(setting.tally))

        setting.read.answer(DATA, 1000)
        setting.read.fail("ConnectionError")
        setting.read.expire()
        setting.read.skip()
        if first != "leave":
            setting.read.leave()

        assert (setting.traffic.state, setting.traffic.snapshot.probes_out, str(setting.tally)) == ended
