"""``example`` of steps: what stands in place of an upstream when a configuration is only tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gateway.config import ABSENT
from gateway.sources.example import example_source

if TYPE_CHECKING:
    from gateway.compiler.upstreams import Upstream
    from gateway.config import Fault, Loaded

_BY_ITSELF: Final = frozenset({"value", "file"})
"""Kinds of steps that are the same when nobody is called."""


def with_example(upstream: Upstream, example: Any) -> Upstream:
    """*upstream*, but every call of it is answered with *example* at once."""
    source = example_source(msgspec.json.encode(example))
    return replace(upstream, source=source, direct=None, layers=("example",))


def missing_examples(loaded: Loaded) -> Iterator[Fault]:
    """The steps of the route that is to be tried without upstreams, but cannot be."""
    route = loaded.config.routes.get(loaded.examples or "")
    if route is None:
        return
    path = ("routes", str(loaded.examples))
    if route.proxy is not None:
        hint = "try it without --mock"
        yield loaded.places.fault((*path, "proxy"), "what is passed on has no example", hint)
        return
    for name, step in route.steps.items():
        if step.example is ABSENT and step.inline not in _BY_ITSELF:
            hint = "write `example:` on it: what its call would bring, any JSON value"
            yield loaded.places.fault((*path, "steps", name), f"`{name}` has no example to answer with", hint)
