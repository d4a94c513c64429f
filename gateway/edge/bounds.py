"""What the clients of a listener are held to, whatever they ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.timers import Timer


@dataclass(frozen=True, slots=True)
class Bounds:
    """*max_head* bytes of a head, which is whole within the time of *head*; within that of *unread* some of
    what a client is sent is read.

    *refused* is told the status of everyone who is refused for the one, *stalled* of everyone who is given up
    for the other. They must neither block nor raise.
    """

    max_head: int
    head: Timer
    unread: Timer
    refused: Callable[[int], None]
    stalled: Callable[[], None]
