import asyncio

import pytest

from gateway.transport.race import first_of, interleaved, stagger_within
from tests.support.virtual_time import run_virtually


class Attempts:
    """Attempts that take as long as they are told, and remember what happened to them."""

    def __init__(self) -> None:
        self.log = []
        self.discarded = []
        self.start = asyncio.get_running_loop().time()

    def now(self):
        return round(asyncio.get_running_loop().time() - self.start, 6)

    def one(self, name, seconds, error=None):
        async def attempt():
            self.log.append((self.now(), name))
            try:
                await asyncio.sleep(seconds)
            except asyncio.CancelledError:
                self.log.append((self.now(), f"{name} ended"))
                raise
            if error is not None:
                raise error
            return name

        return attempt

    async def race(self, *attempts, stagger=0.25):
        return await first_of(attempts, stagger, self.discarded.append)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        (["1.1.1.1"], ["1.1.1.1"]),
        (["1.1.1.1", "1.1.1.2", "1.1.1.3"], ["1.1.1.1", "1.1.1.2", "1.1.1.3"]),
        (["::1", "::2", "::3", "1.1.1.1", "1.1.1.2"], ["::1", "1.1.1.1", "::2", "1.1.1.2", "::3"]),
        (["1.1.1.1", "::1", "::2"], ["1.1.1.1", "::1", "::2"]),
    ],
)
def test_families_take_turns_and_the_first_stays_first(given, expected):
    assert interleaved(given) == expected


@pytest.mark.parametrize(
    ("timeout", "count", "expected"), [(5.0, 2, 0.25), (0.5, 4, 0.125), (0.5, 2, 0.25), (0.05, 10, 0.01)]
)
def test_every_address_has_its_turn_within_the_timeout(timeout, count, expected):
    assert stagger_within(timeout, count) == expected


def test_second_address_starts_after_the_stagger_and_the_loser_ends():
    async def main():
        it = Attempts()
        assert await it.race(it.one("a", 9), it.one("b", 0.1), it.one("c", 0)) == "b"
        assert it.log == [(0, "a"), (0.25, "b"), (0.35, "a ended")]
        assert it.now() == 0.35

    run_virtually(main)


def test_failure_starts_the_next_address_at_once():
    async def main():
        it = Attempts()
        assert await it.race(it.one("a", 0.1, OSError()), it.one("b", 0.2)) == "b"
        assert it.log == [(0, "a"), (0.1, "b")]

    run_virtually(main)


def test_first_one_may_still_win_after_the_second_started():
    async def main():
        it = Attempts()
        assert await it.race(it.one("a", 0.3), it.one("b", 9)) == "a"
        assert it.log[-1] == (0.3, "b ended")

    run_virtually(main)


def test_last_error_is_told_if_every_address_fails():
    async def main():
        it = Attempts()
        with pytest.raises(OSError, match="second"):
            await it.race(it.one("a", 0, OSError("first")), it.one("b", 0, OSError("second")))

    run_virtually(main)


def test_no_address_is_an_error():
    async def main():
        with pytest.raises(OSError, match="no address"):
            await Attempts().race()

    run_virtually(main)


def test_bug_in_an_attempt_ends_the_others_and_is_raised():
    async def main():
        it = Attempts()
        with pytest.raises(ZeroDivisionError):
            await it.race(it.one("a", 9), it.one("b", 0.1, ZeroDivisionError()))
        assert it.log[-1] == (0.35, "a ended")

    run_virtually(main)


def test_two_that_succeed_at_once_leave_one():
    async def main():
        it = Attempts()
        won = await it.race(it.one("a", 0.35), it.one("b", 0.1))
        assert {won, *it.discarded} == {"a", "b"}
        assert len(it.discarded) == 1

    run_virtually(main)


@pytest.mark.parametrize("at", [0.1, 0.25, 0.3])
def test_cancelled_race_ends_every_attempt(at):
    async def main():
        it = Attempts()
        task = asyncio.create_task(it.race(it.one("a", 9), it.one("b", 9)))
        await asyncio.sleep(at)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        started = [name for _, name in it.log if "ended" not in name]
        assert {name for _, name in it.log if "ended" in name} == {f"{name} ended" for name in started}
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtually(main)
