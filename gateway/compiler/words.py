"""Lengths of time and sizes in words for people, and what came from the environment by its name."""

from __future__ import annotations


def seconds(length: float) -> str:
    """``250 ms``, ``1.5 s``, ``5 min``, or ``unbounded``."""
    if length == float("inf"):
        return "unbounded"
    if length < 1:
        return f"{length * 1000:g} ms"
    return f"{length / 60:g} min" if length >= 120 and length % 60 == 0 else f"{length:g} s"


def size(count: int) -> str:
    """``5 MiB``, ``64 KiB`` or ``1000 B``."""
    for unit, bytes_ in (("MiB", 2**20), ("KiB", 2**10)):
        if count % bytes_ == 0:
            return f"{count // bytes_} {unit}"
    return f"{count} B"


def share(ratio: float) -> str:
    """``50%``."""
    return f"{ratio * 100:g}%"


def written(value: str) -> str:
    """*value*, with ``${NAME}`` in place of what came from the environment."""
    return str(getattr(value, "source", value))
