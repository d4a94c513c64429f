"""What a store of answers is: somewhere bytes can be put under a key and asked for again.

Rules for every store:
1. Ages, not instants: a copy says how old it is at the moment it changes hands. Only the store knows a clock,
   and which: the monotonic one inside a process, the wall clock where copies outlive it. So no step of the
   wall clock can age what never left the process, and no restart makes anything young again.
2. Trouble is a miss. Neither ``get`` nor ``set`` raises for anything a server or a network does. A ``get``
   takes no longer than the store's own timeout, because it lies outside of every deadline; a ``set`` never
   waits: what takes time the store does by itself, later, and bounded.
3. Both run inside of steps: they wait on plain futures only (see ``plan.flight``).
"""

from __future__ import annotations

from typing import Protocol


class Copy:
    """An answer as it is kept. All times are lengths in seconds.

    ``age`` is how long ago the upstream made it. Up to an age of ``fresh`` it is as good as a live answer;
    for ``revalidate`` seconds from then on it may be served while one call asks for a new one; for
    ``stand_in`` seconds from then on it may stand in for a failure (both windows begin at ``fresh``, as in
    RFC 5861). ``status`` is the HTTP status it came with.
    """

    __slots__ = ("age", "body", "fresh", "revalidate", "stand_in", "status")

    def __init__(
        self,
        body: bytes,
        fresh: float,
        revalidate: float = 0.0,
        stand_in: float = 0.0,
        age: float = 0.0,
        status: int = 200,
    ) -> None:
        self.body = body
        self.fresh = fresh
        self.revalidate = revalidate
        self.stand_in = stand_in
        self.age = age
        self.status = status

    @property
    def left(self) -> float:
        """Seconds from now after which it is of no use to anybody; zero or less: of none already."""
        return self.fresh + max(self.revalidate, self.stand_in) - self.age

    def aged(self, age: float) -> Copy:
        """The same copy at another age."""
        return Copy(self.body, self.fresh, self.revalidate, self.stand_in, age, self.status)

    def __repr__(self) -> str:
        return f"<Copy {self.age:.3g} s old, fresh for {self.fresh:g} s, {len(self.body)} bytes>"


class Store(Protocol):
    """Where copies are kept. A key is 40 bytes: digests of what a call is, and of the rules of its copies."""

    async def get(self, key: bytes) -> Copy | None:
        """The copy under *key* at its present age; ``None`` if there is none, or none to be had in time."""

    async def set(self, key: bytes, copy: Copy) -> None:
        """Keep *copy* until it is of no use, or room is needed; it replaces what was there. Never waits."""

    async def close(self) -> None:
        """Let go of connections. A store of memory has nothing to do."""
