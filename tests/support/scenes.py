"""Scenes of requests that are played with calls made directly and in their plain form, and compared."""

import asyncio
from dataclasses import dataclass

from gateway.outcome import Cause, Failure, Success
from tests.support.virtual_time import run_virtually
from tests.support.wires import BUG, STALE, Entry
from tests.support.worlds import LIMIT, TRACE, World

__all__ = ["LIMIT", "TRACE", "Request", "Scene", "World", "played", "scene_of"]


@dataclass(frozen=True)
class Request:
    """One client request: when it comes, what its steps meet, and when its client leaves or is cancelled."""

    at: float
    entries: tuple
    leaves: float | None = None
    cancelled: float | None = None


@dataclass(frozen=True)
class Scene:
    """``hedged``: seconds until a hedge is due, ``"live"`` for a percentile, 0 for none.

    ``hints``: when other processes say that the first address is down.
    """

    requests: tuple
    slots: int = 3
    timeout: float = 0.2
    repeatable: bool = True
    required: bool = False
    backed: bool = False
    chained: bool = False
    ramped: bool = False
    retried: bool = False
    recorded: bool = False
    shaped: bool = False
    cold: bool = False
    adaptive: bool = False
    hedged: float | str = 0.0
    budget: float = 0.3
    addresses: int = 1
    turns: bool = False
    hints: tuple = ()


def played(scene, *, direct):
    """What a scene comes to; whatever is not given back fails here."""

    async def play():
        world = World(scene, direct)
        await asyncio.gather(*(world.request(*each) for each in enumerate(scene.requests)))
        await world.background.drain(5.0)
        await asyncio.sleep(5.0)
        return world.told()

    return run_virtually(play)


RESULTS = (
    *(Success(b"1"), Success(b"1"), Success(b"[]"), Success(b"123"), STALE, BUG),
    *(
        Failure(Cause.FAILED, "", 503, 0.1),
        Failure(Cause.REJECTED, "", 404),
        Failure(Cause.REJECTED, "", 400),
    ),
    *(Failure(Cause.THROTTLED, "", 429), Failure(Cause.INCOMPLETE), Failure(Cause.UNREADABLE)),
)

FLAGS = (
    *("repeatable", "required", "backed", "chained", "ramped", "retried", "recorded", "shaped", "cold"),
    *("adaptive", "turns"),
)


def scene_of(random, **fixed):
    """Any scene in which no two things happen at one instant: what is first then is a matter of the form.

    *fixed* are those of its settings that are not by lot.
    """
    instants = [random.uniform(0.01, 0.6) for _ in range(200)]
    chosen = {name: random.random() < 0.5 for name in FLAGS}
    chosen["hedged"] = random.choice([0.0, "live", random.uniform(0.01, 0.15)])
    chosen["budget"] = random.choice([0.3, 2.0])
    chosen["slots"] = random.randint(1, 9)
    chosen["addresses"] = random.choice([1, 1, 2, 3])
    chosen["ramped"] &= random.random() < 0.5  # most attempts take the plain form then
    chosen["hints"] = tuple(instants.pop() for _ in range(random.choice([0, 0, 1, 2])))
    chosen |= fixed
    if chosen["cold"]:
        # Whoever is granted a slot begins at the instant at which another call ends: which of the two the
        # environments see first is a matter of the form. So here nobody waits for one.
        chosen["slots"], chosen["ramped"] = 30, False
    # A task cancelled in a later attempt has no outcome; a call that is cut then tells its last failure.
    several = chosen["retried"] or chosen["hedged"]
    endings = ["", "", "", "leaves", "leaves" if several else "cancelled"]
    requests = []
    for _ in range(random.randint(1, 6)):
        entries = tuple(_entry(random, instants) for _ in range(random.randint(1, 4)))
        ending = random.choice(endings)
        requests.append(Request(instants.pop(), entries, **({ending: instants.pop()} if ending else {})))
    return Scene(tuple(requests), **chosen)


def _entry(random, instants):
    """How the attempts of one call go: the first, the second, and the others."""
    last = None
    for held in (1, 10, 100):
        idle = random.random() < 0.75
        last = Entry(random.choice(RESULTS), instants.pop(), idle, random.choice([0, held]), last)
    return last
