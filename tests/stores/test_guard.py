"""What a store wants of a circuit, and that a circuit has it."""

import inspect

from gateway.layers.circuit import Circuit
from gateway.stores.guard import Guard


def test_circuit_is_a_guard():
    for name in ("refuses", "acquire", "succeeded", "failed", "release"):
        assert parameters(Circuit, name) == parameters(Guard, name), name


def parameters(of, name):
    return list(inspect.signature(getattr(of, name)).parameters)
