"""Whatever callers do, and in whatever order, a circuit keeps its promises."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.layers.circuit_state import FORCED, CircuitState
from tests.support.circuits import Traffic

ALLOWED = {
    ("closed", "open"), ("open", "half_open"), ("half_open", "open"), ("half_open", "closed"),
}  # fmt: skip
"""The moves that a circuit makes by itself."""


class CallersOfOneCircuit(RuleBasedStateMachine):
    @initialize(
        probes=st.integers(1, 4),
        consecutive=st.none() | st.integers(1, 6),
        minimum=st.integers(1, 8),
        jitter=st.sampled_from([0.0, 0.2]),
    )
    def begin(self, probes, consecutive, minimum, jitter):
        self.traffic = Traffic(
            probes=probes, consecutive=consecutive, minimum_throughput=minimum, jitter=jitter
        )
        self.circuit = self.traffic.circuit
        self.out = []
        self.generation = 0

    @rule(seconds=st.sampled_from([0.0, 0.3, 1.0, 5.0, 11.0, 73.0, 1000.0]))
    def time_passes(self, seconds):
        self.traffic.wait(seconds)

    @rule(count=st.integers(1, 6))
    def callers_come(self, count):
        for _ in range(count):
            refused = self.circuit.refuses(self.traffic.now)
            permit = self.traffic.admit()
            # The gate only looks, but it sees what the permit will decide (lost probes excepted: those it
            # lets through so that the permit can act on them).
            if permit is None:
                assert refused or self.circuit.reason == "probe_lost"
            else:
                assert not refused
                self.out.append((permit, self.circuit.generation))

    @precondition(lambda self: self.out)
    @rule(data=st.data(), took=st.sampled_from([0.01, 0.39, 0.5]), retry_after=st.none() | st.floats())
    def a_call_ends(self, data, took, retry_after):
        permit, _ = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        before = self.traffic.snapshot
        late = permit != self.circuit.generation
        match data.draw(st.sampled_from(["good", "bad", "neutral", "cut"])):
            case "good":
                self.traffic.end(permit, took=took)
            case "bad":
                self.traffic.end(permit, failed=True, took=took, retry_after=retry_after)
            case "neutral":
                self.circuit.release(permit)
            case "cut":
                self.circuit.cut(permit, self.traffic.now, took)
        if late:
            assert self.traffic.snapshot == before

    @rule(state=st.sampled_from(sorted(FORCED)))
    def operator_forces(self, state):
        self.circuit.force(CircuitState(state), self.traffic.now)

    @rule()
    def operator_resets(self):
        self.circuit.reset(self.traffic.now)

    @invariant()
    def counts_make_sense(self):
        snapshot = self.traffic.snapshot
        assert 0 <= snapshot.failed <= snapshot.total
        assert 0 <= snapshot.slow <= snapshot.total
        assert snapshot.in_a_row >= 0
        assert 0.0 <= snapshot.open_remaining <= 60.0 * 1.2

    @invariant()
    def never_more_probes_than_allowed(self):
        outstanding = sum(permit == self.circuit.generation for permit, _ in self.out)
        if self.circuit.state == "half_open":
            assert self.traffic.snapshot.probes_out == outstanding <= self.circuit.rules.probes
        else:
            assert self.traffic.snapshot.probes_out == 0

    @invariant()
    def generations_only_grow_and_each_move_is_told_once(self):
        assert self.circuit.generation >= self.generation
        self.generation = self.circuit.generation
        assert len(self.traffic.transitions) == self.generation

    @invariant()
    def only_known_moves_happen_without_an_operator(self):
        for old, new, reason in self.traffic.events:
            assert reason == "operator" or (old, new) in ALLOWED

    @invariant()
    def open_circuit_can_always_recover(self):
        if self.circuit.state == "open":
            assert not self.circuit.refuses(self.traffic.now + 72.1)


TestCallersOfOneCircuit = CallersOfOneCircuit.TestCase
TestCallersOfOneCircuit.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
