"""How long to wait before another attempt: full jitter, so that callers who failed together come back apart.

    own pause      U(0, min(longest, first · 2^(n-1)))     after the n-th attempt
    Retry-After    at least what was asked for, and up to a fifth longer

What the upstream asked for is only ever lengthened, because coming early is the one thing it asked us not
to do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

LATER: Final = 0.2
"""Share by which a Retry-After is lengthened at most; the spread of a breaker's open times is the same."""


class Backoff:
    """The pauses of one step's retries, in seconds. *random* gives numbers in [0, 1)."""

    __slots__ = ("_first", "_longest", "_most", "_random")

    def __init__(self, backoff: float, max_backoff: float, random: Callable[[], float]) -> None:
        self._first = backoff
        self._longest = max(backoff, max_backoff)
        self._most = math.ceil(math.log2(self._longest / backoff))
        self._random = random

    def delay(self, attempt: int, retry_after: float = 0.0) -> float:
        """The pause after the attempt of this number failed and asked for *retry_after* seconds."""
        ceiling = min(self._longest, self._first * 2.0 ** min(attempt - 1, self._most))
        own = ceiling * self._random()
        if retry_after <= 0.0:
            return own
        return max(own, retry_after * (1.0 + LATER * self._random()))

    def __repr__(self) -> str:
        return f"<Backoff up to {self._first:g} s, doubling to {self._longest:g} s>"
