"""A call's payload: a statement of its step, and the values of the parameters."""

from __future__ import annotations

from typing import Any

Value = str | bytes | list[str] | None
"""A parameter as a step's templates give it: text, JSON, a list of texts, or nothing."""

Piece = str | int
"""Text of a statement, or the number of a parameter, from 1 on."""


class Query:
    """One statement, which its kind of database knows, with the values of one call."""

    __slots__ = ("statement", "values")

    def __init__(self, statement: Any, values: tuple[Value, ...]) -> None:
        self.statement = statement
        self.values = values

    @property
    def operation(self) -> str:
        """``SELECT``, for recordings."""
        return str(self.statement.operation)

    def __repr__(self) -> str:
        return f"<Query {self.statement.name} with {len(self.values)} values>"
