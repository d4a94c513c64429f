"""What a store wants of a circuit, and that a circuit has it."""

import inspect

from gateway.layers.circuit import Circuit
from gateway.stores.guard import Guard


def test_circuit_is_a_guard():
    for name in ("refuses", "acquire", "succeeded", "failed", "release"):
        assert inspect.signature(getattr(Circuit, name)) == inspect.signature(getattr(Guard, name)), name
