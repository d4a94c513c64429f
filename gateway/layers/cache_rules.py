"""Which answers of a step are kept, and for how long.

Rules of the file:
1. Only a live success is kept: never a failure, a stale copy, a fallback, or anything that stands in.
2. How long is spread by ±10 %, so that copies made together are not refreshed together. Where the upstream
   sets the limit, the spread only shortens.
3. Steps with different rules never share a copy (``mark``): how long one is good is its reader's say, too.
4. If the upstream is asked (``cache_control``), it may forbid and shorten; ``ttl`` stays the longest.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final

from gateway.layers.cache_control import Said, said
from gateway.outcome import Freshness, Success
from gateway.stores.store import Copy

JITTER: Final = 0.1
"""Share by which lifetimes are spread to either side (scenario N4)."""


class CacheRules:
    """The rules of one step. Times are seconds; *random* gives numbers in [0, 1).

    *varying* are the request headers, in lower case, that may differ between calls of one identity: an
    answer that depends on one of them is not kept. *authorized*: the step sends credentials, so that the
    upstream must say that its answers may be shared. Both matter only with *cache_control*.
    """

    __slots__ = (
        "_authorized",
        "_cache_control",
        "_random",
        "_revalidate",
        "_stand_in",
        "_ttl",
        "_varying",
        "mark",
    )

    def __init__(
        self,
        ttl: float,
        stale_while_revalidate: float = 0.0,
        stale_if_error: float = 0.0,
        *,
        random: Callable[[], float],
        cache_control: bool = False,
        varying: frozenset[bytes] = frozenset(),
        authorized: bool = False,
    ) -> None:
        self._ttl = ttl
        self._revalidate = stale_while_revalidate
        self._stand_in = stale_if_error
        self._random = random
        self._cache_control = cache_control
        self._varying = varying
        self._authorized = authorized
        settings = ttl, stale_while_revalidate, stale_if_error, cache_control, sorted(varying), authorized
        self.mark = sha256(repr(settings).encode()).digest()[:8]
        """Tells copies by these rules from those by others."""

    def copy_of(self, answer: Success) -> Copy | None:
        """What to keep of *answer*; ``None``: nothing."""
        if answer.freshness is not Freshness.LIVE or answer.cause is not None:
            return None
        spread = JITTER * (2.0 * self._random() - 1.0)
        ttl = self._ttl * (1.0 + spread)
        if not self._cache_control:
            return Copy(answer.body, ttl, self._revalidate, self._stand_in, 0.0, answer.status)
        if answer.meta is None:  # it cannot be seen what the upstream said
            return None
        words = said(answer.meta)
        if self._forbidden(words):
            return None
        copy = self._agreed(answer, words, ttl, spread)
        return copy if copy.left > 0.0 else None

    def _forbidden(self, words: Said) -> bool:
        if words.forbids or (self._authorized and not words.shareable):
            return True
        return b"*" in words.varies or not self._varying.isdisjoint(words.varies)

    def _agreed(self, answer: Success, words: Said, ttl: float, spread: float) -> Copy:
        """The copy that both sides agree to; ages count from when the upstream made it, and the windows after
        it from when it ceased to be fresh, which may be before it came.
        """
        over = 0.0
        if words.fresh is not None:
            ttl = min(ttl, max(0.0, words.fresh - words.age) * (1.0 + spread - JITTER))
            over = max(0.0, words.age - words.fresh)
        return Copy(
            answer.body,
            words.age + ttl,
            max(0.0, (self._revalidate if words.revalidate is None else words.revalidate) - over),
            max(0.0, (self._stand_in if words.stand_in is None else words.stand_in) - over),
            words.age,
            answer.status,
        )

    def __repr__(self) -> str:
        windows = f"{self._ttl:g} s, stale {self._revalidate:g} s, for errors {self._stand_in:g} s"
        return f"<CacheRules {windows}{', as the upstream says' if self._cache_control else ''}>"
