"""What a connection to a database server is to its pool and its source, whatever client library speaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from gateway.outcome import Failure


class Unfit(Exception):  # noqa: N818 - a value that does not fit its place, which is no bug
    """A value has no form that its parameter's type could read. ``number`` is the parameter's."""

    def __init__(self, number: int, type_: str) -> None:
        super().__init__(f"parameter {number} is an object or array, and the database wants {type_}")
        self.number = number


class Errors(NamedTuple):
    """``raised`` is what a server, a network or a value does to a query; all else is a bug. ``refusal_of``
    says why there is no connection.
    """

    raised: tuple[type[BaseException], ...]
    refusal_of: Callable[[BaseException], Failure]


class Session(Protocol):
    """One connection, used by one query at a time. ``used_at`` is an instant on the loop's clock."""

    used_at: float

    @property
    def closed(self) -> bool:
        """Nothing can be sent any more."""

    @property
    def unclean(self) -> bool:
        """After an error it must be mended."""

    async def answer(self, query: Any, timeout: float) -> bytes | Failure:  # noqa: ASYNC109 - the server's
        """The JSON that *query* answers. Raises what ``Errors`` names, or ``Unfit``.

        Waits for plain futures only, and on a ``CancelledError`` ends what it has begun.
        """

    def failure(self, error: BaseException, query: Any) -> Failure:
        """What a query that raised *error* was to its call."""

    async def mend(self) -> None:
        """Come back when the server has nothing more to say of what was interrupted; raises if it cannot be
        used again. In a task, with a time of its own.
        """

    def terminate(self) -> None:
        """Close it at once."""

    async def close(self) -> None:
        """Take leave of the server, and close it."""
