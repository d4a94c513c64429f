"""The state machine of a breaker: who may call, what an ending says, when to open and when to close.

        ┌──────── rates, or failures in a row ─────────┐
        │                                              ▼
     closed ◄── enough good probes ── half_open ◄── open (its time is over, and somebody calls)
          └── hints of an outage ───────► └── a bad probe ──► open, for longer

     forced_open · disabled · metrics_only      set by an operator, left by an operator

Rules of the file:
1. Every change of state happens in ``_move``. Nothing here waits, reads a clock, or does I/O.
2. Each move begins a new *generation*, and a permit is the generation it was given in. What a call says
   counts only in the generation that admitted it: late answers are void, good and bad ones.
3. An ending has three meanings: success, failure, neutral. Neutral counts nowhere, but gives its permit back.
4. Whoever got a permit must end it exactly once: ``succeeded``, ``failed``, ``cut`` or ``release``.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final

from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.circuit_state import FORCED, CircuitSnapshot, CircuitState, Listener, Transition
from gateway.layers.open_time import OpenTime
from gateway.layers.window import Window
from gateway.telemetry import events
from gateway.telemetry.log import Log

_log = Log("gateway.layers.circuit")

PROBING_RETRY_AFTER: Final = 1.0
"""Seconds after which a caller refused by a half-open circuit may ask again: its probes are under way."""

_CLOSED: Final = CircuitState.CLOSED
_OPEN: Final = CircuitState.OPEN
_HALF_OPEN: Final = CircuitState.HALF_OPEN
_FORCED_OPEN: Final = CircuitState.FORCED_OPEN
_METRICS_ONLY: Final = CircuitState.METRICS_ONLY


class Circuit:
    """The state of one upstream's circuit. Every *now* is an instant on the caller's monotonic clock.

    Admission is ``acquire`` (a permit, or ``None``) and ``refuses`` (a look, no permit). *random* gives
    numbers in [0, 1). A raising *listener* is logged and counted; it never hurts a call.
    """

    __slots__ = (
        "_closed_since",
        "_last_probe",
        "_listener",
        "_ok",
        "_open_time",
        "_open_until",
        "_out",
        "_slow_after",
        "_slow_probes",
        "_window",
        "detail",
        "generation",
        "in_a_row",
        "last_failure",
        "last_success",
        "listener_errors",
        "name",
        "reason",
        "rules",
        "state",
    )

    def __init__(
        self, name: str, rules: CircuitRules, random: Callable[[], float], listener: Listener | None = None
    ) -> None:
        self.name = name
        self.rules = rules
        self.state = _CLOSED
        self.generation = 0
        self.reason = ""
        self.detail = ""
        self.last_failure = ""
        self.last_success = -inf
        self.in_a_row = 0
        self.listener_errors = 0
        self._listener = listener
        self._window = Window(rules.sampling_window)
        self._open_time = OpenTime(rules.open_for, rules.max_open_for, rules.jitter, random)
        self._slow_after = inf if rules.slow_call is None else rules.slow_call
        self._closed_since = 0.0
        self._open_until = 0.0
        self._last_probe = 0.0
        self._out = 0
        self._ok = 0
        self._slow_probes = 0

    # ── who may call ────────────────────────────────────────────────────────────────────────────────

    def acquire(self, now: float) -> int | None:
        """A permit to call, to be ended exactly once; ``None`` if the call is refused."""
        state = self.state
        if state is _CLOSED:
            return self.generation
        if state is _OPEN:
            if now < self._open_until:
                return None
            self._move(_HALF_OPEN, now, "open_time_over")
        if self.state is _HALF_OPEN:
            return self._admit_probe(now)
        return None if state is _FORCED_OPEN else self.generation

    def _admit_probe(self, now: float) -> int | None:
        if self._out + self._ok < self.rules.probes:
            self._out += 1
            self._last_probe = now
            return self.generation
        if self._probe_lost(now):
            self._open(now, "probe_lost", f"a probe did not end within {self.rules.lost_probe:g} s")
        return None

    def _probe_lost(self, now: float) -> bool:
        return now - self._last_probe > self.rules.lost_probe

    def refuses(self, now: float) -> bool:
        """Whether a call would be refused now. A look only: changes nothing and takes no permit."""
        state = self.state
        if state is _CLOSED:
            return False
        if state is _OPEN:
            return now < self._open_until
        if state is _HALF_OPEN:
            return self._out + self._ok >= self.rules.probes and not self._probe_lost(now)
        return state is _FORCED_OPEN

    def retry_after(self, now: float) -> float:
        """Seconds after which a refused caller may ask again."""
        if self.state is _OPEN:
            return max(self._open_until - now, 0.0)
        # An operator may end a forced state at any moment; the first open time is as good as any guess.
        return PROBING_RETRY_AFTER if self.state is _HALF_OPEN else self.rules.open_for

    # ── what an ending says ─────────────────────────────────────────────────────────────────────────

    def succeeded(self, permit: int, now: float, elapsed: float) -> None:
        """The upstream is alive: it answered after *elapsed* seconds."""
        if permit != self.generation:
            return
        self.last_success = now
        if self.state is _CLOSED and elapsed <= self._slow_after:
            self.in_a_row = 0
            window = self._window
            window.add_healthy(now)
            # A success, too, can bring the traffic to the minimum at which the ratios begin to count.
            if (window.failed or window.slow) and window.total >= self.rules.minimum_throughput:
                self._judge(now)
            return
        self._record(now, elapsed, failed=False)

    def failed(
        self, permit: int, now: float, elapsed: float, note: str = "", retry_after: float | None = None
    ) -> None:
        """The upstream is in trouble. *note* is short text for people, *retry_after* seconds it asked for."""
        if permit != self.generation:
            return
        self._record(now, elapsed, failed=True, note=note, retry_after=retry_after or 0.0)

    def cut(self, permit: int, now: float, elapsed: float) -> None:
        """We ended the call ourselves after *elapsed* seconds: a failure if that was long, else neutral."""
        if elapsed > self.rules.long_call:
            self.failed(permit, now, elapsed, f"cut after {elapsed * 1000:.0f} ms without an answer")
        else:
            self.release(permit)

    def release(self, permit: int) -> None:
        """The call ended in a way that says nothing about the upstream."""
        if permit == self.generation and self.state is _HALF_OPEN:
            self._out -= 1

    def _record(
        self, now: float, elapsed: float, *, failed: bool, note: str = "", retry_after: float = 0.0
    ) -> None:
        state = self.state
        # OPEN, FORCED_OPEN: no call holds a permit of this generation. DISABLED: nothing is counted.
        if state is not _CLOSED and state is not _HALF_OPEN and state is not _METRICS_ONLY:
            return
        slow = elapsed > self._slow_after
        self._window.add(now, failed=failed, slow=slow, retry_after=retry_after)
        if failed:
            self.in_a_row += 1
            self.last_failure = note
        else:
            self.in_a_row = 0
        if state is _CLOSED:
            self._judge(now)
        elif state is _HALF_OPEN:
            self._judge_probe(now, failed=failed, slow=slow)

    def _judge(self, now: float) -> None:
        reason, detail = self.rules.complaint(self._window, self.in_a_row)
        if reason:
            self._open_time.forgive(int((now - self._closed_since) / self.rules.sampling_window))
            self._open(now, reason, detail)

    def _judge_probe(self, now: float, *, failed: bool, slow: bool) -> None:
        self._out -= 1
        if failed:
            self._open(now, "probe_failed", f"a probe failed: {self.last_failure}")
            return
        self._ok += 1
        self._slow_probes += slow
        probes = self.rules.probes
        if self._ok < probes:
            return
        if self._slow_probes / probes >= self.rules.slow_ratio:
            self._open(now, "probes_slow", f"{self._slow_probes} of {probes} probes were slow")
        else:
            self._move(_CLOSED, now, "hint_refuted" if self.reason == "hint" else "probes_succeeded")

    # ── changing state ──────────────────────────────────────────────────────────────────────────────

    def force(self, state: CircuitState, now: float) -> None:
        """Put the circuit into one of the ``FORCED`` states until ``reset``. Calls under way are void."""
        if state not in FORCED:
            raise ValueError(f"{state} is not a state to force; those are {', '.join(sorted(FORCED))}")
        self._move(state, now, "operator")

    def reset(self, now: float) -> None:
        """Close the circuit with an empty window and the first open time."""
        self._open_time.reset()
        self.last_failure = ""
        self._move(_CLOSED, now, "operator")

    def suspect(self, now: float) -> bool:
        """Let probes decide whether a closed circuit opens, because others say that the upstream is down."""
        if self.state is not _CLOSED:
            return False
        self._open_time.forgive(int((now - self._closed_since) / self.rules.sampling_window))
        self._move(_HALF_OPEN, now, "hint", "other processes say that it is down")
        return True

    def trust(self, now: float, generation: int) -> None:
        """End the suspicion of *generation*, if it is still undecided, and close the circuit."""
        if generation == self.generation and self.state is _HALF_OPEN:
            self._move(_CLOSED, now, "hint_over")

    def _open(self, now: float, reason: str, detail: str) -> None:
        self._move(_OPEN, now, reason, detail, self._open_time.draw(self._window.retry_after()))

    def _move(
        self, new: CircuitState, now: float, reason: str, detail: str = "", open_for: float = 0.0
    ) -> None:
        old, self.state = self.state, new
        self.generation += 1
        self._open_until = now + open_for
        self._out = self._ok = self._slow_probes = 0
        if reason != "open_time_over":
            # Half-open keeps the reason for which it opened: it is still the thing to tell people.
            self.reason, self.detail = ("", "") if new is _CLOSED else (reason, detail)
        if new is not _OPEN:
            # Open keeps its counts for people to see; nothing is added to them meanwhile.
            self._window.clear()
            self.in_a_row = 0
        self._closed_since = now
        if self._listener is not None:
            try:
                self._listener(Transition(self.name, old, new, reason, detail, open_for))
            except Exception as error:  # noqa: BLE001 - whatever a listener does, the call goes on
                self.listener_errors += 1
                _log(events.BUG_IN_LISTENER, error=error, breaker=self.name, old=old, new=new)

    # ── telling people ──────────────────────────────────────────────────────────────────────────────

    def would_open(self, now: float) -> bool:
        """Whether, in metrics_only, the rules would have the circuit open now."""
        if self.state is not _METRICS_ONLY:
            return False
        self._window.roll(now)
        return bool(self.rules.complaint(self._window, self.in_a_row)[0])

    def snapshot(self, now: float) -> CircuitSnapshot:
        """The circuit now, for health and the admin pages."""
        if self.state is not _OPEN:
            self._window.roll(now)
        remaining = max(self._open_until - now, 0.0) if self.state is _OPEN else 0.0
        return CircuitSnapshot(
            name=self.name,
            state=self.state,
            recovering=self.state is _HALF_OPEN or (self.state is _OPEN and not remaining),
            open_remaining=remaining,
            reason=self.reason,
            detail=self.detail,
            last_failure=self.last_failure,
            total=self._window.total,
            failed=self._window.failed,
            slow=self._window.slow,
            in_a_row=self.in_a_row,
            probes_out=self._out,
            would_open=self.would_open(now),
            listener_errors=self.listener_errors,
        )
