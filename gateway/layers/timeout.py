"""The attempt timeout: bounds the wire, and nothing else, for every single try.

It is the innermost layer, so that the breaker sees a timeout as the upstream's failure, and so that
waiting for a slot is not taken for the upstream's slowness.
"""

from __future__ import annotations

from typing import Final

from gateway.call import Call, Layer, Source
from gateway.outcome import Cause, Outcome
from gateway.timers import Timers

OWN_CUTS: Final = frozenset({Cause.TIMEOUT, Cause.UNREACHABLE})
"""What ``Call.expire`` cuts with; any other cut came from outside and ends later attempts as well."""


def timing_out(timers: Timers) -> Layer:
    """Cut the attempt after ``call.timeout`` seconds: ``timeout`` if it was sent, else ``unreachable``."""

    def wrap(inner: Source) -> Source:
        async def timed(call: Call) -> Outcome:
            timer = timers.of(call.timeout)
            timer.start(call)
            try:
                return await inner(call)
            finally:
                timer.stop(call)
                if call.ended is not None and call.ended.cause in OWN_CUTS:
                    call.ended = None  # the next attempt must not begin as timed out

        return timed

    return wrap
