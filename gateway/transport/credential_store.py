"""Holds the credentials that requests are signed with: found and renewed off the loop, one look at a time.

Rules of the file:
1. Nothing on the loop blocks. Every look is made in a thread of its own, a daemon: a metadata service that
   hangs delays neither a call that needs nothing of it nor the end of the process.
2. One look at a time, however many calls wait for it.
3. Good credentials are never given up for a failed look; only better ones replace them.
4. A store that has none answers at once while it is known that the last look failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Final

from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.telemetry import events
from gateway.telemetry.log import Log, note
from gateway.telemetry.redaction import REDACTION
from gateway.transport.credential_chain import Finding, NoCredentialsError
from gateway.transport.credentials import Credentials

EVERY: Final = 60.0
"""Seconds between two looks. Temporary credentials are renewed by their source once they have less than 15
minutes left, so there are 15 looks to get them in time."""

AGAIN: Final = 1.0
"""Seconds after a failed look until the next, doubled with each one up to ``EVERY``."""

FORCED: Final = 10.0
"""Seconds between two looks for better ones than those refused: if they are just wrong, every call asks."""

Found = Credentials | str
Apart = Callable[[Callable[[], Found], Callable[[Found], None]], None]

_log = Log("gateway.transport.credential_store")


def in_a_thread(look: Callable[[], Found], told: Callable[[Found], None]) -> None:
    """Run *look* in a thread of its own, then *told* on the running loop."""
    loop = asyncio.get_running_loop()

    def run() -> None:
        found = look()
        # The loop may be gone by now; then nobody is waiting.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(told, found)

    threading.Thread(target=run, name="look for AWS credentials", daemon=True).start()


class CredentialStore:
    """Credentials by *finding*, from ``open`` to ``close``.

    ``ready`` is what to sign with now, ``None`` while there is something to wait for. ``current`` are the
    last good ones. ``problem`` is why the last look failed, or ``""``. Owners that share a store open and
    close it each for itself.
    """

    def __init__(
        self, finding: Finding, clock: Callable[[], float], apart: Apart = in_a_thread, every: float = EVERY
    ) -> None:
        self.ready: Credentials | None = None
        self.current: Credentials | None = None
        self.problem = ""
        self.renewals = 0
        self._finding = finding
        self._clock = clock
        self._apart = apart
        self._every = every
        self._owners = 0
        self._looking = False
        self._doubted = False
        self._doubted_at = float("-inf")
        self._pause = AGAIN
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    async def open(self, within: float) -> None:
        """Begin to look, and wait for the first credentials, at most *within* seconds."""
        self._owners += 1
        if self._owners == 1:
            self._looking = False  # a look that another loop did not live to hear of
            self._waiting.clear()
        if self.current is None or (self._timer is None and not self._finding.lasting):
            self._look()
        if self.current is None:
            await asyncio.wait([self._waiter()], timeout=within)

    def close(self) -> None:
        """Look no more, once every owner has said so."""
        self._owners -= 1
        if self._owners <= 0 and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def obtained(self, call: Call) -> Credentials | Failure:
        """Credentials for *call*. It waits for the first look and for one that was asked for by ``doubt``."""
        if self.ready is None and not (self.problem and not self._doubted):
            self._look()
            await self._landed(call)
        if call.ended is not None:
            return call.ended
        return self.current or Failure(Cause.UNREACHABLE, f"no AWS credentials: {self.problem}")

    def doubt(self, refused: Credentials) -> bool:
        """*refused* were refused as no longer good: whether ``obtained`` may give others."""
        if self.current is not refused or self._doubted:
            return True
        now = self._clock()
        if self._finding.lasting or now - self._doubted_at < FORCED:
            return False
        self._doubted, self._doubted_at, self.ready = True, now, None
        self._look()
        return True

    def _waiter(self) -> asyncio.Future[None]:
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        if not self._looking:
            future.set_result(None)
        return future

    async def _landed(self, call: Call) -> None:
        """Wait on behalf of *call* until the look under way has ended."""
        future = self._waiter()
        try:
            await call.wait(future)
        finally:
            self._waiting.discard(future)

    def _look(self) -> None:
        if self._looking:
            return
        self._looking = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        finding, anew = self._finding, self._doubted

        def look() -> Found:
            try:
                return finding(anew=anew)
            except NoCredentialsError as error:
                return str(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, there are none
                return note(f"{type(error).__name__}: {error}")

        self._apart(look, self._told)

    def _told(self, found: Found) -> None:
        """A look ended."""
        self._looking = self._doubted = False
        if isinstance(found, Credentials):
            self._take(found)
        else:
            self._miss(found)
        self.ready = self.current
        for future in list(self._waiting):
            if not future.done():
                future.set_result(None)
        if self._owners > 0 and not (self.current is not None and self._finding.lasting):
            pause = self._pause if self.problem else self._every
            self._timer = asyncio.get_running_loop().call_later(pause, self._look)

    def _take(self, found: Credentials) -> None:
        if self.problem:
            _log(events.CREDENTIALS_FOUND, key=found.hint, origin=found.origin)
        self.problem, self._pause = "", AGAIN
        if found == self.current:
            return  # the same object stays: signers keep what they derived from it
        REDACTION.learn({"AWS_SECRET_ACCESS_KEY": found.secret_key, "AWS_SESSION_TOKEN": found.token}, self)
        self.renewals += self.current is not None
        self.current = found

    def _miss(self, why: str) -> None:
        if not self.problem:
            kept = "the last ones stay in use" if self.current is not None else "calls fail until there are"
            _log(events.CREDENTIALS_MISSED, why=why, kept=kept)
        else:
            self._pause = min(2 * self._pause, self._every)
        self.problem = why

    def __repr__(self) -> str:
        return f"<CredentialStore {self.current!r}{f', but {self.problem}' if self.problem else ''}>"
