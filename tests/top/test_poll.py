"""What is known stays known while nobody answers."""

from gateway.top.feed import Away
from gateway.top.poll import Poll, Seen
from tests.support.processes import until
from tests.support.snapshots import snapshot

FIRST, SECOND = snapshot(at=1.0), snapshot(at=2.0)


class Asked:
    """Gives one answer after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def __call__(self):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def seen_after(*answers):
    times = iter((10.0, 20.0, 30.0))
    poll = Poll(Asked(*answers), 1.0, lambda: next(times))
    for _ in answers:
        poll.turn()
    return poll.seen


def test_numbers_are_kept_with_their_time():
    assert seen_after(FIRST, SECOND) == Seen(SECOND, 20.0)


def test_old_numbers_stay_while_nobody_answers():
    assert seen_after(FIRST, Away("gone"), Away("refused")) == Seen(FIRST, 10.0, "refused")


def test_trouble_is_over_with_the_next_numbers():
    assert seen_after(Away("gone"), SECOND) == Seen(SECOND, 10.0)


def test_it_goes_on_asking_until_it_is_stopped():
    asked = []

    def ask():
        asked.append(None)
        return FIRST

    poll = Poll(ask, 0.001)
    poll.start()
    until(lambda: len(asked) > 3)
    poll.stop()
    poll._thread.join(5.0)

    assert not poll._thread.is_alive()
