"""``python -m bench.unwatched run FILE …``: the gateway without hang-up detection, to see what that costs.

Of requests that go by way of ASGI, that is: a connection that answers directly learns of its end for nothing.
For the bench alone: nobody should run a gateway like this, so the gateway has no switch for it.
"""

from __future__ import annotations

from bench.asgi import by_asgi
from gateway.cli import main
from gateway.edge import endpoint


class Blind:
    """Takes the place of ``gateway.edge.hangup.HangUp`` and watches nothing."""

    __slots__ = ()

    def __init__(self, *_: object) -> None:
        pass

    def arm(self) -> None:
        """Do nothing."""

    def disarm(self) -> None:
        """Do nothing."""


def blindfold() -> None:
    """Put ``Blind`` in its place. Raises ``AttributeError`` if the place has moved."""
    if not hasattr(endpoint, "HangUp"):
        raise AttributeError("gateway.edge.endpoint has no HangUp any more: bench.unwatched must follow")
    vars(endpoint)["HangUp"] = Blind


if __name__ == "__main__":
    blindfold()
    by_asgi()
    main()
