"""``stores:`` → the stores that caches keep copies in, and the boards on which breakers leave hints."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from gateway.layers.circuit import Circuit
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.hints import SharedCircuits
from gateway.stores.hint import topic_of
from gateway.stores.memory import MemoryStore
from gateway.stores.redis import RedisStore
from gateway.stores.redis_hints import RedisHints
from gateway.stores.redis_settings import RedisSettings
from gateway.stores.tiered import TieredStore

if TYPE_CHECKING:
    from gateway.config import StoreSpec
    from gateway.layers.circuit_state import Transition
    from gateway.layers.hints import HintTally
    from gateway.stores.redis_hints import HintCounts
    from gateway.stores.store import Store
    from gateway.timers import Timers

MEMORY: Final = 64 * 2**20
"""Bytes of the store of caches that name none."""

NEAR: Final = 16 * 2**20
"""Bytes of memory before a redis that says nothing of it: what was asked for lately outlives the redis."""

_GUARD: Final = CircuitRules(consecutive=5, open_for=1.0, max_open_for=10.0, probes=1)
"""A store that hangs costs five times its own timeout, and a second without copies hurts nobody."""

Clock = Callable[[], float]


class Stores:
    """The stores of one gateway, made when first asked for; opened and closed together.

    *clock* is monotonic, *random* gives numbers in [0, 1).
    """

    def __init__(
        self, specs: Mapping[str, StoreSpec], timers: Timers, clock: Clock, random: Callable[[], float]
    ) -> None:
        self._specs = specs
        self._timers = timers
        self._clock = clock
        self._random = random
        self._made: dict[str, Store] = {}
        self._memories: dict[str, MemoryStore] = {}
        self._remote: dict[str, RedisStore] = {}
        self._boards: dict[str, tuple[RedisHints, SharedCircuits]] = {}
        self._origin = os.urandom(8).hex()

    def of(self, name: str | None) -> Store:
        """The store called *name*; ``None``: the memory that caches without a store of their own share."""
        key = name or ""
        if key not in self._made:
            self._made[key] = self._make(key)
        return self._made[key]

    def longest_look_up(self, name: str | None) -> float:
        """Seconds that the store called *name* may take to say what it knows."""
        spec = self._specs.get(name or "")
        return spec.timeout if spec is not None and spec.redis is not None else 0.0

    def share(self, store: str, circuit: Circuit, upstream: str, url: str) -> None:
        """Let the processes that share *store* tell each other what *circuit*, of *url*, found out."""
        if store not in self._boards:
            board = RedisHints(self._settings(store, self._specs[store]), self._clock, self._random)
            self._boards[store] = board, SharedCircuits(board, self._origin, self._clock)
        self._boards[store][1].join(circuit, topic_of(upstream, url))

    def notice(self, transition: Transition) -> None:
        """Some breaker's circuit changed its state."""
        for _, circuits in self._boards.values():
            circuits.notice(transition)

    def memories(self) -> Iterable[tuple[str, MemoryStore]]:
        """The memory of each store in use, by name; ``""`` is the common one."""
        return self._memories.items()

    def remote(self) -> Iterable[tuple[str, RedisStore]]:
        """The redis of each store in use that has one, by name."""
        return self._remote.items()

    def hints(self) -> Iterator[tuple[str, HintTally]]:
        """What became of hints, by the name of the circuit."""
        for _, circuits in self._boards.values():
            yield from circuits.tallies().items()

    def boards(self) -> Iterator[tuple[str, HintCounts]]:
        """What the board of each store did on which breakers leave hints, by the store's name."""
        for name, (board, _) in self._boards.items():
            yield name, board.counts

    async def open(self) -> None:
        """Connect what has to be connected. Never raises for what a server does."""
        for store in self._remote.values():
            await store.open()
        for board, circuits in self._boards.values():
            await board.open(circuits.topics, circuits.hear)

    async def close(self) -> None:
        """Drop all connections, and what memory holds."""
        for board, _ in self._boards.values():
            await board.close()
        for store in self._made.values():
            await store.close()

    def _make(self, name: str) -> Store:
        spec = self._specs.get(name)
        written = spec.memory if spec is not None else MEMORY
        memory = self._memories[name] = MemoryStore(written if written is not None else NEAR, self._clock)
        if spec is None or spec.redis is None:
            return memory
        guard = Circuit(f"store {name}", _GUARD, self._random)
        redis = RedisStore(self._settings(name, spec), guard, self._timers, self._clock, self._random)
        self._remote[name] = redis
        return TieredStore(memory, redis)

    def _settings(self, name: str, spec: StoreSpec) -> RedisSettings:
        assert spec.redis is not None, "only redis stores have settings"
        return RedisSettings(url=spec.redis, of=f"store {name}", timeout=spec.timeout)
