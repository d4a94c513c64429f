"""The sampling window."""

import random

from gateway.layers.window import Window


def filled(*calls, length=10.0):
    window = Window(length)
    for now, failed, slow in calls:
        window.add(now, failed=failed, slow=slow)
    return window


def test_window_counts_calls_failures_and_slow_calls():
    window = filled((1000.0, True, False), (1000.5, False, True), (1003.0, True, True))

    assert (window.total, window.failed, window.slow) == (3, 2, 2)


def test_window_forgets_calls_older_than_its_length():
    window = filled((1000.0, True, True))

    window.roll(1009.0)
    assert window.total == 1

    window.roll(1010.0)
    assert (window.total, window.failed, window.slow) == (0, 0, 0)


def test_window_forgets_everything_after_a_long_silence():
    window = filled(*((1000.0 + i / 10, True, True) for i in range(100)))

    window.roll(90_000.0)

    assert (window.total, window.failed, window.slow) == (0, 0, 0)


def test_clock_that_steps_back_neither_forgets_nor_counts_below_zero():
    window = filled((1000.0, True, False), (1009.0, False, False))

    window.roll(900.0)
    window.add(900.0, failed=True, slow=False)

    assert (window.total, window.failed) == (3, 2)


def test_healthy_calls_count_like_any_other():
    window = Window(10.0)

    window.add_healthy(1000.0)
    window.add(1000.0, failed=False, slow=False)

    assert (window.total, window.failed, window.slow) == (2, 0, 0)


def test_longest_retry_after_leaves_with_its_bucket():
    window = Window(10.0)
    window.add(1000.0, failed=True, slow=False, retry_after=17.0)
    window.add(1005.0, failed=True, slow=False, retry_after=3.0)

    assert window.retry_after() == 17.0
    window.roll(1010.0)
    assert window.retry_after() == 3.0


def test_retry_after_that_is_no_number_is_none():
    window = Window(10.0)

    window.add(1000.0, failed=True, slow=False, retry_after=float("nan"))

    assert window.retry_after() == 0.0


def test_cleared_window_is_empty():
    window = filled((1000.0, True, True))

    window.clear()

    assert (window.total, window.failed, window.slow, window.retry_after()) == (0, 0, 0, 0.0)


def test_running_sums_agree_with_a_plain_list_of_the_calls():
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    window, calls, now = Window(1.0), [], 500.0
    for _ in range(2_000):
        now += chance.choice([0.0, 0.003, 0.05, 0.3, 2.0])
        failed, slow = chance.random() < 0.4, chance.random() < 0.2
        window.add(now, failed=failed, slow=slow)
        calls.append((int(now / 0.1), failed, slow))
        inside = [c for c in calls if c[0] > calls[-1][0] - 10]
        assert window.total == len(inside)
        assert window.failed == sum(c[1] for c in inside)
        assert window.slow == sum(c[2] for c in inside)


def test_window_describes_itself():
    assert repr(filled((1.0, True, False))) == "<Window 1 failed, 0 slow of 1 in 10 s>"
