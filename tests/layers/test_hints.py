"""Hints of other processes: heeded where there is no better evidence, and never able to do harm for long."""

import asyncio

import pytest

from gateway.layers.circuit_state import CircuitState
from gateway.layers.hints import Hints, SharedCircuits
from gateway.stores.hint import Hint
from tests.support.circuits import Traffic


class Process:
    """A process with one circuit (open time 5 s, 3 probes) that hears and tells."""

    def __init__(self, origin="me", **rules):
        self.traffic = Traffic(**rules)
        self.hints = Hints(self.traffic.circuit, "users", origin)

    def hear(self, *, origin="other", number=1, open_for=5.0, age=0.5):
        hint = Hint("users", origin, number, open_for, open_for - age)
        return self.hints.hear(hint, self.traffic.now)

    def relent(self):
        return self.hints.relent(self.traffic.now)

    @property
    def state(self):
        return self.traffic.state

    @property
    def tally(self):
        tally = self.hints.tally
        return {"heeded": tally.heeded, "outvoted": tally.outvoted, "ignored": tally.ignored}


# ── what is heard ───────────────────────────────────────────────────────────────────────────────────────


def test_hint_makes_a_closed_circuit_probe():
    process = Process()

    assert process.hear(age=0.5) == 4.5
    assert process.state == "half_open"
    assert process.traffic.calls(10, failed=True) == 1
    assert process.state == "open"


def test_true_hint_costs_one_call_and_three_at_once():
    process = Process()
    process.hear()

    admitted = [process.traffic.admit() for _ in range(100)]

    assert len([permit for permit in admitted if permit is not None]) == 3


def test_false_hint_is_refuted_by_the_first_probes():
    process = Process()
    process.hear()
    process.traffic.succeed(3)

    assert process.state == "closed"
    assert process.traffic.succeed(100) == 100


def test_answer_that_came_after_the_other_circuit_opened_outvotes_its_hint():
    process = Process()
    process.traffic.succeed()
    process.traffic.wait(0.4)

    assert process.hear(age=0.5) == 0.0
    assert (process.state, process.tally) == ("closed", {"heeded": 0, "outvoted": 1, "ignored": 0})


def test_answer_from_before_the_other_circuit_opened_does_not():
    process = Process()
    process.traffic.succeed()
    process.traffic.wait(0.6)
    process.hear(age=0.5)

    assert process.state == "half_open"


def test_failures_of_our_own_outvote_nothing():
    process = Process()
    process.traffic.fail(3)
    process.hear()

    assert process.state == "half_open"


def test_hint_is_heard_once_however_often_it_is_read():
    process = Process()
    process.hear(age=0.5, open_for=60.0)
    process.traffic.succeed(3)

    for _ in range(50):
        process.traffic.wait(1.0)
        process.hear(age=0.5, open_for=60.0)

    assert process.tally == {"heeded": 1, "outvoted": 0, "ignored": 50}


def test_our_own_hint_is_ignored():
    process = Process(origin="me")

    assert process.hear(origin="me") == 0.0
    assert process.state == "closed"


def test_circuit_that_is_open_or_in_an_operators_hand_is_left_alone():
    for state in ("open", "disabled", "forced_open", "metrics_only"):
        process = Process()
        if state == "open":
            process.traffic.trip()
        else:
            process.traffic.circuit.force(CircuitState(state), process.traffic.now)

        assert process.hear() == 0.0
        assert process.state == state


# ── what a lie can do ───────────────────────────────────────────────────────────────────────────────────


def test_liar_who_never_stops_is_heeded_once_per_open_time():
    process = Process()
    for number in range(600):
        process.hear(number=number, age=0.0, open_for=60.0)
        process.traffic.succeed(3)
        process.traffic.wait(0.1)

    assert process.tally["heeded"] <= 60.0 / 5.0 + 1
    assert process.state == "closed"


def test_liar_is_outvoted_by_the_answers_of_a_busy_process():
    process = Process()
    process.traffic.succeed()
    refused = 0
    for number in range(6000):  # a minute of 100 calls a second
        if number % 10 == 0:
            process.hear(number=number, age=0.05, open_for=60.0)
        refused += not process.traffic.succeed()
        process.traffic.wait(0.01)

    assert refused == 0
    assert process.tally["heeded"] == 0


def test_no_hint_restricts_calls_for_longer_than_one_open_time():
    process = Process(timeout=30.0)
    due = process.hear(open_for=60.0, age=0.0)
    assert due == 5.0
    process.traffic.admit()  # a probe that takes very long

    process.traffic.wait(due)
    assert process.relent() == 0.0

    assert process.state == "closed"
    assert process.traffic.succeed(50) == 50


def test_probe_that_succeeded_without_deciding_counts_as_a_call():
    process = Process()
    due = process.hear(open_for=60.0, age=0.0)
    process.traffic.wait(1.0)
    process.traffic.succeed()

    process.traffic.wait(due)
    process.relent()

    assert process.state == "closed"


def test_suspicion_that_nobody_called_under_lasts_as_long_as_the_hint():
    process = Process()
    due, waited = process.hear(open_for=20.0, age=2.0), 0.0
    while due:
        process.traffic.wait(due)
        waited += due
        assert process.state == "half_open"
        due = process.relent()

    assert waited == pytest.approx(18.0)
    assert process.state == "closed"


def test_suspicion_never_lasts_longer_than_our_own_longest_open_time():
    process = Process()
    process.hear(open_for=80_000.0, age=0.0)
    process.traffic.wait(60.0)
    process.relent()

    assert process.state == "closed"


def test_relenting_after_the_probes_decided_changes_nothing():
    process = Process()
    due = process.hear()
    process.traffic.fail()
    process.traffic.wait(due)

    assert process.relent() == 0.0
    assert process.state == "open"


def test_everything_works_as_ever_when_no_hint_comes():
    process = Process()
    process.traffic.trip()
    process.traffic.recover()

    assert process.tally == {"heeded": 0, "outvoted": 0, "ignored": 0}


# ── what is told ────────────────────────────────────────────────────────────────────────────────────────


def told_by(process):
    return [hint for hint in map(process.hints.told, process.traffic.transitions) if hint]


def test_every_opening_is_told_with_its_open_time():
    process = Process()
    process.traffic.trip()
    process.traffic.wait(5.0)
    process.traffic.fail()

    assert [(hint.origin, hint.open_for, hint.age) for hint in told_by(process)] == [
        ("me", 5.0, 0.0),
        ("me", 10.0, 0.0),
    ]


def test_neither_suspicions_nor_operators_are_told():
    process = Process()
    process.hear()
    process.traffic.succeed(3)
    process.traffic.circuit.force(CircuitState.FORCED_OPEN, process.traffic.now)

    assert told_by(process) == []


def test_openings_have_numbers_of_their_own():
    process, other = Process(), Process("third")
    numbers = []
    for _ in range(3):
        process.traffic.trip()
        numbers.append(process.hints.told(process.traffic.transitions[-1]).number)
        process.traffic.recover()
        process.traffic.wait(100.0)

    assert len(set(numbers)) == 3
    assert [other.hear(number=number) > 0 for number in numbers] == [True, False, False]


def test_hints_describe_themselves():
    assert repr(Process().hints) == "<Hints on users: 0 heeded, 0 outvoted, 0 told>"


# ── the shell ───────────────────────────────────────────────────────────────────────────────────────────


class Board:
    """A board that keeps what is posted."""

    def __init__(self):
        self.posted = []

    def post(self, hint):
        self.posted.append(hint)


async def test_openings_are_posted_and_hints_reach_the_circuit_of_their_topic():
    loop = asyncio.get_running_loop()
    board = Board()
    shared = SharedCircuits(board, "me", loop.time)
    users, orders = Traffic(), Traffic()
    orders.circuit.name = "orders"
    shared.join(users.circuit, "topic of users")
    shared.join(orders.circuit, "topic of orders")
    users.trip()

    for transition in users.transitions:
        shared.notice(transition)
    shared.hear(Hint("topic of orders", "other", 1, 5.0, 4.0))
    shared.hear(Hint("topic of nobody", "other", 1, 5.0, 4.0))

    assert [(hint.topic, hint.origin, hint.open_for) for hint in board.posted] == [
        ("topic of users", "me", 5.0)
    ]
    assert (users.state, orders.state) == ("open", "half_open")
    assert shared.topics == ("topic of users", "topic of orders")
    assert [(name, tally.told, tally.heeded) for name, tally in shared.tallies().items()] == [
        ("users", 1, 0),
        ("orders", 0, 1),
    ]


async def test_shell_relents_when_the_hint_is_over():
    loop = asyncio.get_running_loop()
    shared = SharedCircuits(Board(), "me", loop.time)
    users = Traffic()
    shared.join(users.circuit, "users")

    shared.hear(Hint("users", "other", 1, 20.0, 18.0))
    await asyncio.sleep(17.9)
    assert users.state == "half_open"

    await asyncio.sleep(0.2)
    assert users.state == "closed"
