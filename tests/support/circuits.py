"""A circuit with a clock of its own, driven by whole calls: the way the scenario catalogue speaks."""

from dataclasses import replace

from gateway.layers.circuit import Circuit
from gateway.layers.circuit_rules import CircuitRules

RC = CircuitRules(consecutive=None, jitter=0.0, slow_call=0.4, timeout=0.5)
"""The catalogue's reference configuration (docs/scenarios.md)."""


class Traffic:
    """``now`` is the clock; ``events`` lists the transitions as (old, new, reason)."""

    def __init__(self, *, random=lambda: 0.5, rules=RC, **changed) -> None:
        self.now = 1_000.0
        self.transitions = []
        self.circuit = Circuit("users", replace(rules, **changed), random, self.transitions.append)

    @property
    def state(self):
        return str(self.circuit.state)

    @property
    def events(self):
        return [(str(t.old), str(t.new), t.reason) for t in self.transitions]

    @property
    def open_remaining(self):
        return self.circuit.snapshot(self.now).open_remaining

    @property
    def snapshot(self):
        return self.circuit.snapshot(self.now)

    def wait(self, seconds):
        self.now += seconds

    def admit(self):
        return self.circuit.acquire(self.now)

    def end(self, permit, *, failed=False, took=0.05, retry_after=None):
        if failed:
            self.circuit.failed(permit, self.now, took, "failed 500: boom", retry_after)
        else:
            self.circuit.succeeded(permit, self.now, took)

    def calls(self, count=1, *, failed=False, took=0.05, over=0.0, retry_after=None):
        """So many calls one after another, spread evenly over *over* seconds; returns how many got in."""
        admitted = 0
        for _ in range(count):
            permit = self.admit()
            if permit is not None:
                admitted += 1
                self.end(permit, failed=failed, took=took, retry_after=retry_after)
            self.wait(over / count)
        return admitted

    def succeed(self, count=1, **how):
        return self.calls(count, **how)

    def fail(self, count=1, **how):
        return self.calls(count, failed=True, **how)

    def trip(self):
        """Open it by its failure rate; returns the open time in seconds."""
        self.fail(self.circuit.rules.minimum_throughput)
        assert self.state == "open"
        return self.open_remaining

    def recover(self):
        """Let the open time pass and the probes succeed."""
        self.wait(self.open_remaining)
        self.succeed(self.circuit.rules.probes)
        assert self.state == "closed"
