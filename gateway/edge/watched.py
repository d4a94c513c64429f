"""uvicorn's HTTP/1.1 protocol, which gives up a client that does not read what it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gateway.edge.unread import OWN, Unread

if TYPE_CHECKING:
    from gateway.edge.bounds import Bounds
    from gateway.edge.client import Client


class WatchedProtocol(HttpToolsProtocol):
    """One connection of a client, held to ``bounds``; over that of ``_client``, if there is one, which then
    watches.
    """

    bounds: Bounds
    cycle: RequestResponseCycle | None  # type: ignore[assignment]  # uvicorn leaves out what it begins with

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._client: Client | None = None
        self._unread: Unread | None = None

    @property
    def excused(self) -> bool:
        """Whoever answers bounds himself how long the client may take to read, and has not done so."""
        cycle = self.cycle
        return cycle is not None and OWN in cycle.scope and not cycle.response_complete

    def see_off(self) -> None:
        """The connection is closed as soon as the client has read what is unsent."""
        if self._client is not None:
            self._client.see_off()
        elif self.transport.get_write_buffer_size():
            self._watched().begin()

    def _watched(self) -> Unread:
        """What watches over the connection's unsent bytes; made when there first are some."""
        if self._unread is None:
            self._unread = Unread(self.transport, self.bounds, lambda: self.excused)
        return self._unread

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        if self._unread is not None:
            self._unread.forget()
            self._unread = None
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads slowly."""
        super().pause_writing()
        if self._client is None:
            self._watched().begin()

    def resume_writing(self) -> None:
        """It has read."""
        super().resume_writing()
        if self._client is None:
            self._watched().end()

    def on_response_complete(self) -> None:
        """An answer is on its way."""
        super().on_response_complete()
        if not self.cycle.keep_alive:  # type: ignore[union-attr]  # it is what was answered
            self.see_off()

    def timeout_keep_alive_handler(self) -> None:
        """There was no further request."""
        super().timeout_keep_alive_handler()
        self.see_off()
