"""What other processes found out about an upstream: heard as hints, never obeyed.

A hint can make a closed circuit half-open, and nothing else. So a circuit still opens by its own evidence
only: a true hint costs one of our calls instead of ten, a false one is refuted by the first probes. And each
process is as safe without hints as it is with them.

Rules of the file:
1. Own evidence wins: an answer that arrived here after the other circuit opened outvotes its hint.
2. Each opening is heard once, and one hint is heeded per ``open_for``: whoever cries wolf all day long makes
   a healthy upstream probe for a moment in each open time.
3. A suspicion ends by itself when the hint's time is over. With calls that probe, but do not decide, it ends
   within ``open_for``: no hint restricts calls for longer than that.
4. Only what a circuit found out itself is told to others. Hints are not passed on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from gateway.layers.circuit import Circuit
from gateway.layers.circuit_state import CircuitState, Transition
from gateway.stores.hint import Board, Hint


@dataclass(slots=True)
class HintTally:
    """What became of hints; every number only grows.

    ``told`` to others; ``heeded`` (the circuit went half-open); ``outvoted`` by answers of our own;
    ``ignored``: our own, heard before, too soon after another, or the circuit was not closed.
    """

    told: int = 0
    heeded: int = 0
    outvoted: int = 0
    ignored: int = 0


class Hints:
    """The policy: what *circuit* tells about *topic*, and what it makes of what it hears.

    *origin* names this process, unlike any other, also unlike itself before a restart.
    """

    __slots__ = ("_heard", "_heeded_at", "_suspicion", "_until", "circuit", "origin", "tally", "topic")

    def __init__(self, circuit: Circuit, topic: str, origin: str) -> None:
        self.circuit = circuit
        self.topic = topic
        self.origin = origin
        self.tally = HintTally()
        self._heard: tuple[str, int] | None = None
        self._heeded_at = -inf
        self._until = -inf
        self._suspicion = 0

    def told(self, transition: Transition) -> Hint | None:
        """What to tell the others about *transition*; mostly nothing."""
        if transition.new is not CircuitState.OPEN or transition.open_for <= 0.0:
            return None
        self.tally.told += 1
        open_for = transition.open_for
        return Hint(self.topic, self.origin, self.circuit.generation, open_for, open_for)

    def hear(self, hint: Hint, now: float) -> float:
        """Weigh *hint*; if it is heeded, seconds after which ``relent`` is due, else 0."""
        opening = (hint.origin, hint.number)
        rules = self.circuit.rules
        if hint.origin == self.origin or opening == self._heard or now < self._heeded_at + rules.open_for:
            self.tally.ignored += 1
            return 0.0
        self._heard = opening
        if self.circuit.last_success > now - hint.age:
            self.tally.outvoted += 1
            return 0.0
        if not self.circuit.suspect(now):
            self.tally.ignored += 1
            return 0.0
        self.tally.heeded += 1
        self._heeded_at = now
        self._until = now + min(hint.remaining, rules.max_open_for)
        self._suspicion = self.circuit.generation
        return min(self._until - now, rules.open_for)

    def relent(self, now: float) -> float:
        """End the suspicion, if it is still undecided; seconds until this is due again, 0 if never.

        As long as nobody has called since, it restricts nobody, and lasts for the hint's whole time.
        """
        circuit = self.circuit
        if circuit.generation != self._suspicion:
            return 0.0
        asked = circuit.snapshot(now).probes_out or circuit.last_success > self._heeded_at
        if not asked and now < self._until:
            return min(self._until - now, circuit.rules.open_for)
        circuit.trust(now, self._suspicion)
        return 0.0

    def __repr__(self) -> str:
        tally = self.tally
        return f"<Hints on {self.topic}: {tally.heeded} heeded, {tally.outvoted} outvoted, {tally.told} told>"


class SharedCircuits:
    """The shell: the circuits of this process, and the board on which processes leave hints.

    *clock* is that of the circuits, whose names must differ. ``notice`` is a listener for their
    transitions, ``hear`` what the board is opened with.
    """

    def __init__(self, board: Board, origin: str, clock: Callable[[], float]) -> None:
        self._board = board
        self._origin = origin
        self._clock = clock
        self._by_name: dict[str, Hints] = {}
        self._by_topic: dict[str, Hints] = {}

    def join(self, circuit: Circuit, topic: str) -> Hints:
        """Share *circuit* under *topic* from now on."""
        hints = Hints(circuit, topic, self._origin)
        self._by_name[circuit.name] = self._by_topic[topic] = hints
        return hints

    def tallies(self) -> dict[str, HintTally]:
        """What became of hints, by the name of the circuit: for metrics and the admin pages."""
        return {name: hints.tally for name, hints in self._by_name.items()}

    @property
    def topics(self) -> tuple[str, ...]:
        """What hints are of interest here."""
        return tuple(self._by_topic)

    def notice(self, transition: Transition) -> None:
        """Tell the others, if a shared circuit opened."""
        hints = self._by_name.get(transition.name)
        hint = hints.told(transition) if hints is not None else None
        if hint is not None:
            self._board.post(hint)

    def hear(self, hint: Hint) -> None:
        """Somebody said *hint*."""
        hints = self._by_topic.get(hint.topic)
        if hints is not None:
            self._relent_in(hints.hear(hint, self._clock()), hints)

    def _relent_in(self, seconds: float, hints: Hints) -> None:
        if seconds > 0.0:
            asyncio.get_running_loop().call_later(seconds, self._relent, hints)

    def _relent(self, hints: Hints) -> None:
        self._relent_in(hints.relent(self._clock()), hints)
