"""A call's payload: a statement of its step, and the values of the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Value = str | bytes | list[str] | None
"""A parameter as a step's templates give it: text, JSON, a list of texts, or nothing."""

Piece = str | int
"""Text of a statement, or the number of a parameter, from 1 on."""


class AnyStatement:
    """What a step asks, but for the values; each kind of database adds its text.

    ``literal`` says of each parameter whether its text is JSON as it stands (a number, a boolean). ``result``
    is ``many``, ``one``, ``value`` or ``count``. ``operation`` is what spans call it.
    """

    __slots__ = ("literal", "name", "operation", "result", "writes")

    def __init__(
        self,
        name: str,
        result: str,
        *,
        writes: bool = False,
        literal: Sequence[bool] = (),
        operation: str = "SELECT",
    ) -> None:
        self.name = name
        self.result = result
        self.writes = writes
        self.literal = tuple(literal)
        self.operation = operation

    def __repr__(self) -> str:
        return f"<Statement {self.name}: {self.result}>"


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
