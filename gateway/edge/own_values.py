"""What templates read that no client sends: the time of the request and a random UUID of its own.

    now            2026-11-21T16:20:05Z, UTC       now.date   2026-11-21
    now.unix       seconds since 1970, whole       now.ms     milliseconds since 1970, whole
    request.uuid   random (version 4)

Taken once when the request is read, so all its templates, and the retries of its calls, see the same.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gateway.edge.inputs import Wanted

Make = Callable[[float], str]
"""From the time, in seconds since 1970, to a value in its canonical form."""


def _utc(form: str) -> Make:
    return lambda now: time.strftime(form, time.gmtime(now))


OWN_VALUES: Final[Mapping[tuple[str, ...], tuple[str, Make]]] = {
    ("now",): ("str", _utc("%Y-%m-%dT%H:%M:%SZ")),
    ("now", "date"): ("str", _utc("%Y-%m-%d")),
    ("now", "unix"): ("int", lambda now: str(int(now))),
    ("now", "ms"): ("int", lambda now: str(int(now * 1000))),
    ("request", "uuid"): ("uuid", lambda _: str(uuid.uuid4())),
}
"""By root and keys: the type, and what makes the value."""

OWN_ROOTS: Final = ("now", "request")


def own_part(
    wanted: Sequence[Wanted], wall_clock: Callable[[], float] = time.time
) -> Callable[[Any, list[Any], Any], None]:
    """Puts these values into their slots, whatever the request is; *wall_clock* gives seconds since 1970."""
    makes = [(one.slot, OWN_VALUES[(one.input.root, *map(str, one.input.keys))][1]) for one in wanted]

    def read(_request: Any, values: list[Any], _faults: Any) -> None:
        now = wall_clock()
        for slot, make in makes:
            values[slot] = make(now)

    return read
