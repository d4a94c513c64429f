"""How long a circuit stays open: doubled at each opening, spread, and never shorter than asked for.

    d_k = min(longest, first · 2^k) · U(1 - jitter, 1 + jitter)

``k`` grows by one with each opening and shrinks by one for each healthy window, so that an upstream that
keeps failing soon after it recovered is left alone for longer and longer. ``k`` stops growing once the
longest time is reached: a day's outage must not take a day to be forgiven.
"""

from __future__ import annotations

import math
from collections.abc import Callable


class OpenTime:
    """The times of one circuit, in seconds. *random* gives numbers in [0, 1)."""

    __slots__ = ("_first", "_jitter", "_k", "_longest", "_most", "_random")

    def __init__(self, first: float, longest: float, jitter: float, random: Callable[[], float]) -> None:
        self._first = first
        self._longest = max(first, longest)
        self._jitter = jitter
        self._random = random
        self._most = math.ceil(math.log2(self._longest / first))
        self._k = 0

    def draw(self, retry_after: float = 0.0) -> float:
        """How long to stay open this time; at least *retry_after*, as far as that is below the longest time.

        The spread makes what the upstream asked for only ever longer, because coming early is the one
        thing it asked us not to do.
        """
        jitter = self._jitter
        own = min(self._longest, self._first * 2.0**self._k)
        own *= 1.0 - jitter + 2.0 * jitter * self._random()
        self._k = min(self._k + 1, self._most)
        if retry_after <= 0.0:
            return own
        return max(own, min(retry_after, self._longest) * (1.0 + jitter * self._random()))

    def forgive(self, windows: int) -> None:
        """The circuit was closed for so many whole windows."""
        self._k = max(0, self._k - windows)

    def reset(self) -> None:
        """Begin again with the first time."""
        self._k = 0

    def __repr__(self) -> str:
        return f"<OpenTime next {min(self._longest, self._first * 2.0**self._k):g} s ± {self._jitter:.0%}>"
