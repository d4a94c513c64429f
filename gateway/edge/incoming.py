"""Reads what a client may say about its request as a whole: trace, request id, and how long it will wait.

What counts, by docs/contract.md section 3: a well-formed ``traceparent`` from anybody, its sampled flag and
``baggage`` only from trusted addresses, ``tracestate`` up to 512 bytes, an ``x-request-id`` of harmless
characters, and an ``x-request-timeout-ms`` (or what the gateway calls it) that shortens the time limit.
Anything faulty is as if absent.

New ids come from ``random``: 128 bits must be unique, not secret, and ``os.urandom`` costs a system call.
The module's generator is seeded by the system and again in each forked process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from random import getrandbits
from typing import Final, Protocol

from gateway.call import TIME_HEADER, Trace
from gateway.edge.debug import FORWARDED, HEADER, DebugAccess
from gateway.edge.peer import ip_of

Headers = Sequence[tuple[bytes, bytes]]

_MAX_TRACESTATE: Final = 512
"""Bytes (docs/contract.md section 3; also what W3C trace context asks everybody to carry)."""

_MAX_BAGGAGE: Final = 8192
"""Bytes (W3C baggage, section 3.3)."""

_KNOWN_ADDRESSES: Final = 4096
"""Client addresses whose trust is remembered; looking one up costs 2 µs."""

_WANTED: Final = frozenset({b"traceparent", b"tracestate", b"baggage", b"x-request-id"})
_IDS: Final = rb"-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
_TRACEPARENT: Final = re.compile(rb"00%b|(?!00|ff)[0-9a-f]{2}%b(?:-.*)?" % (_IDS, _IDS)).fullmatch
"""Version 00 ends after the flags, later ones may go on, ff is none."""
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}").fullmatch
_MILLISECONDS: Final = re.compile(rb"[1-9][0-9]{0,8}").fullmatch
_CLEAN: Final = re.compile(rb"[ -~]*").fullmatch


class Recorder(Protocol):
    """Decides which requests are recorded. Must neither block nor raise."""

    def begin(self, trace: Trace, parent: bool | None) -> None:  # noqa: FBT001 - yes, no, or nothing said
        """A request with *trace* came; *parent*: a trusted client samples its trace, or says it does not."""

    def debug(self, trace: Trace, *, hosts: bool) -> None:
        """Its answer is to tell how it was made, with *hosts* also where upstreams are."""


class Intake:
    """Reads the headers of every request. *trust* are CIDRs (``"10.0.0.0/8"``); a faulty one raises
    ``ValueError``. *time_header* is where a client says how long it will wait; with ``None`` none can.

    Upstreams are told the time left by the same name, so that gateways in a row understand each other.
    *recorder* decides which requests are recorded, *debug* whose debug header counts; ``None``: none.
    """

    __slots__ = ("_debug", "_names", "_networks", "_recorder", "_sent_as", "_time_header", "_trusted")

    def __init__(
        self,
        trust: Iterable[str] = (),
        time_header: str | None = TIME_HEADER,
        recorder: Recorder | None = None,
        debug: DebugAccess | None = None,
    ) -> None:
        self._sent_as = (time_header or TIME_HEADER).lower()
        self._time_header = None if time_header is None else time_header.lower().encode()
        self._names = _WANTED if self._time_header is None else _WANTED | {self._time_header}
        if debug is not None:
            self._names |= {HEADER, *FORWARDED}
        self._recorder = recorder
        self._debug = debug
        self._networks: list[IPv4Network | IPv6Network] = [ip_network(cidr) for cidr in trust]
        self._trusted: dict[str, bool] = {}

    def read(
        self, headers: Headers, client: tuple[str, int] | None, time_limit: float
    ) -> tuple[Trace, float]:
        """The request's trace, and its time limit in seconds: *time_limit*, or less if the client says so.

        *client* is the address of the peer as ASGI gives it.
        """
        found: dict[bytes, bytes] | None = None
        names = self._names
        for name, value in headers:
            if name in names:
                if found is None:
                    found = {}
                # A second one makes a list of those that may be lists, and nonsense of the others.
                found[name] = value if name not in found else found[name] + b"," + value
        if found is None:
            trace_id = new_trace_id()
            trace = Trace(trace_id, "00", trace_id, time_header=self._sent_as)
            if self._recorder is not None:
                self._recorder.begin(trace, None)
            return trace, time_limit
        if self._time_header is not None:
            wanted = found.get(self._time_header)
            if wanted is not None and _MILLISECONDS(wanted):
                time_limit = min(time_limit, int(wanted) / 1000)
        return self._trace(found, client), time_limit

    def trusts(self, address: str) -> bool:
        """Whether *address* lies in one of the trusted networks."""
        if not self._networks:
            return False
        known = self._trusted.get(address)
        if known is None:
            if len(self._trusted) >= _KNOWN_ADDRESSES:
                self._trusted.clear()
            known = self._trusted[address] = self._look_up(address)
        return known

    def _look_up(self, address: str) -> bool:
        ip = ip_of(address)
        return ip is not None and any(ip in network for network in self._networks)

    def _trace(self, found: dict[bytes, bytes], client: tuple[str, int] | None) -> Trace:
        trusted = client is not None and self.trusts(client[0])
        trace_id, parent_id, flags, state, baggage = new_trace_id(), "", "00", "", ""
        request_id = trace_id
        sampled: bool | None = None
        parent = found.get(b"traceparent", b"")
        if _TRACEPARENT(parent):
            trace_id, parent_id = parent[3:35].decode(), parent[36:52].decode()
            if trusted:
                sampled = bool(int(parent[53:55], 16) & 1)
                flags = "01" if sampled else "00"
            if b"tracestate" in found:
                state = _clean(found[b"tracestate"], _MAX_TRACESTATE)
        if trusted and b"baggage" in found:
            baggage = _clean(found[b"baggage"], _MAX_BAGGAGE)
        given_id = found.get(b"x-request-id")
        if given_id is not None and _REQUEST_ID(given_id):
            request_id = given_id.decode()
        trace = Trace(trace_id, flags, request_id, parent_id, state, baggage, self._sent_as)
        if self._recorder is not None:
            self._recorder.begin(trace, sampled)
            if self._debug is not None and HEADER in found:
                local = self._debug.is_local(found, client)
                if local or self._debug.is_signed(found[HEADER]):
                    self._recorder.debug(trace, hosts=local)
        return trace


def new_trace_id() -> str:
    """A new trace id, which also names the request where nothing else does: 32 hex digits, not all 0."""
    return (getrandbits(128) or 1).to_bytes(16, "big").hex()  # formatting the number takes twice as long


def _clean(value: bytes, limit: int) -> str:
    """*value* as text, or ``""`` if it is too long or cannot be sent on in a header."""
    return value.strip().decode() if len(value) <= limit and _CLEAN(value) else ""
