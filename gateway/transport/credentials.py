"""What a request to AWS is signed with. Neither its ``repr`` nor anything else here shows a secret."""

from __future__ import annotations

from typing import Final

_SHOWN: Final = 4


class Credentials:
    """An access key, its secret, and a token where they are temporary (``""``: they are not).

    ``origin`` is a word on where they were found, for operators. Two are equal if they sign the same way.
    """

    __slots__ = ("access_key", "origin", "secret_key", "token")

    def __init__(self, access_key: str, secret_key: str, token: str = "", origin: str = "") -> None:
        self.access_key = access_key
        self.secret_key = secret_key
        self.token = token
        self.origin = origin

    @property
    def hint(self) -> str:
        """The end of the access key: enough to tell which of several is in use."""
        return f"…{self.access_key[-_SHOWN:]}" if len(self.access_key) > 2 * _SHOWN else "…"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credentials):
            return NotImplemented
        mine = (self.access_key, self.secret_key, self.token)
        return mine == (other.access_key, other.secret_key, other.token)

    def __hash__(self) -> int:
        return hash((self.access_key, self.secret_key, self.token))

    def __repr__(self) -> str:
        return f"<Credentials {self.hint}{f' from {self.origin}' if self.origin else ''}>"
