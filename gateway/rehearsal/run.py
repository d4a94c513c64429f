"""`gateway try`: one request through a gateway without a server, on the way that served requests take.

With examples in place of upstreams (``--mock``) nothing is opened and nobody is called: the configuration's
``example`` of each step is what its upstream answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec
import uvloop

from gateway.compiler.routes import methods_of
from gateway.dashboard import snapshot
from gateway.edge.pattern import Pattern, parse_pattern
from gateway.edge.router import Router, Unrouted
from gateway.rehearsal.exchange import Answer, exchanged
from gateway.rehearsal.request import Request

if TYPE_CHECKING:
    from gateway.app import Gateway
    from gateway.config import Config, Loaded

_FEED: Final = Request("GET", "/feed.json")


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A request that was tried; ``steps`` is ``None`` where no plan was run."""

    answer: Answer
    seconds: float
    time_limit: float
    steps: list[snapshot.Bar] | None


def with_examples(loaded: Loaded, request: Request) -> Loaded:
    """*loaded* for a gateway that answers *request* from the examples of its route's steps."""
    return replace(loaded, examples=_route_of(loaded.config, request) or "")


def rehearse(gateway: Gateway, request: Request) -> Rehearsed:
    """Open *gateway*, let it answer *request*, and close it. Its waterfall says what an access log would."""
    with _without_access_log(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_rehearse(gateway, request))


@contextlib.contextmanager
def _without_access_log() -> Iterator[None]:
    logger = logging.getLogger("gateway.access")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


async def _rehearse(gateway: Gateway, request: Request) -> Rehearsed:
    loop = asyncio.get_running_loop()
    async with gateway:
        began = loop.time()
        answer = await exchanged(gateway, request)
        took = loop.time() - began
        feed = await exchanged(gateway.admin, _FEED)
    seen = msgspec.json.decode(feed.body, type=snapshot.Snapshot)
    ours = answer.header("x-request-id")
    kept = (each for each in [*seen.problems, *seen.slowest, *seen.recent] if each.request_id == ours)
    told = next(kept, None)
    if told is None:
        return Rehearsed(answer, took, 0.0, None)
    return Rehearsed(answer, told.seconds, told.time_limit, told.steps)


def _route_of(config: Config, request: Request) -> str | None:
    """The key of the route that answers *request*."""
    router: Router[str] = Router()
    for key, spec in config.routes.items():
        pattern = parse_pattern(spec.pattern)
        if isinstance(pattern, Pattern):
            for method in methods_of(spec):
                router.add(method, pattern, key)
    match = router.match(request.method, request.path.encode("latin-1"))
    return None if isinstance(match, Unrouted) else match.target
