"""What is asked of Redis: commands that go together, and whoever waits for their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol

Command = tuple[Any, ...]
"""A command's name and arguments: text, bytes or numbers."""


class Trouble(StrEnum):
    """Why there are no answers."""

    UNSENT = "unsent"
    """There is no connection; nothing was sent."""
    LOST = "lost"
    """The connection ended after sending began."""
    CLOSED = "closed"
    """We closed the connection ourselves, perhaps after sending began."""
    FULL = "full"
    """As many questions are without an answer as may be."""


class Question(Protocol):
    """Exactly one of ``answered`` and ``failed`` is called, unless nobody wants the answer any more."""

    @property
    def commands(self) -> Sequence[Command]:
        """What is sent, in this order, with nothing of others in between."""

    @property
    def key(self) -> bytes | None:
        """The key by which a cluster finds the server; ``None``: any will do."""

    @property
    def as_one(self) -> bool:
        """Whether nothing of other clients may come in between."""

    def wanted(self) -> bool:
        """Whether anybody still waits; what is not wanted is not sent."""

    def sending(self) -> None:
        """The first byte leaves."""

    def answered(self, answers: list[Any]) -> None:
        """One answer to each command; an error that the server names is an answer, too."""

    def failed(self, trouble: Trouble, note: str) -> None:
        """No answers will come. *note* says why in words, without any address or secret."""


class UnansweredError(Exception):
    """A question that a task asked was not answered. *args*: the trouble and the note."""


class Asked:
    """A question of a task, which awaits ``future``."""

    __slots__ = ("as_one", "commands", "future", "key")

    def __init__(
        self, commands: Sequence[Command], key: bytes | None = None, *, as_one: bool = False
    ) -> None:
        self.commands = commands
        self.key = key
        self.as_one = as_one
        self.future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()

    def wanted(self) -> bool:
        """See ``Question``."""
        return not self.future.done()

    def sending(self) -> None:
        """See ``Question``."""

    def answered(self, answers: list[Any]) -> None:
        """See ``Question``."""
        if not self.future.done():
            self.future.set_result(answers)

    def failed(self, trouble: Trouble, note: str) -> None:
        """See ``Question``."""
        if not self.future.done():
            self.future.set_exception(UnansweredError(trouble, note))


class Bundle:
    """Questions that are asked as one: in a transaction, with nothing of other clients in between."""

    __slots__ = ("_questions", "as_one", "commands", "key")

    def __init__(self, questions: Sequence[Question]) -> None:
        self._questions = questions
        self.commands = [
            ("MULTI",),
            *(each for question in questions for each in question.commands),
            ("EXEC",),
        ]
        self.key = questions[0].key
        self.as_one = False

    def wanted(self) -> bool:
        """See ``Question``."""
        return any(question.wanted() for question in self._questions)

    def sending(self) -> None:
        """See ``Question``."""
        for question in self._questions:
            question.sending()

    def answered(self, answers: list[Any]) -> None:
        """See ``Question``. What the server would not do as one is not done: each gets its error."""
        within = answers[-1]
        start = 0
        for question in self._questions:
            count = len(question.commands)
            refused = [within] * count
            question.answered(within[start : start + count] if isinstance(within, list) else refused)
            start += count

    def failed(self, trouble: Trouble, note: str) -> None:
        """See ``Question``."""
        for question in self._questions:
            question.failed(trouble, note)


def bundled(questions: Sequence[Question], *, together: bool) -> Sequence[Question]:
    """*questions*, those that must be asked as one in bundles: one for all if *together*, or one for each."""
    ones = [question for question in questions if question.as_one]
    if not ones:
        return questions
    bundles = [Bundle(ones)] if together else [Bundle([one]) for one in ones]
    return [*(question for question in questions if not question.as_one), *bundles]
