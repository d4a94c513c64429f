"""Which calls are equal, so that they may share one answer: the identity of docs/contract.md section 3.

    a request     upstream, method, target, every rendered header line, and the body: all that is sent but
                  trace, request id and time left
    a ``key:``    the step as it is written, the values of the listed references, and whatever its templates
                  read that is *personal*

Rules of the file:
1. Pieces are length-prefixed before they are hashed: no value can be taken for another's part, and an
   identity is 32 bytes in which no credential can be read.
2. Personal is what a client's ``authorization``, ``cookie`` or ``claims`` say, and what a step answered that
   was itself asked with something personal. A list of keys can add to it, never leave it out.
3. In doubt calls are unequal: what a call does not share costs a call, what it shares wrongly is a leak.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from gateway.compiler.names import Edges, Names, Use, Where
from gateway.compiler.reads import Read, json_read, text_read
from gateway.compiler.references import TemplateFault
from gateway.config import ABSENT
from gateway.outcome import Failure

if TYPE_CHECKING:
    from gateway.config import StepSpec
    from gateway.plan.model import Identify, Scope

UNSHARED: Final = frozenset({b"traceparent", b"tracestate", b"x-request-id", b"x-request-timeout-ms"})
"""Headers that differ between equal calls: trace, request id and time left."""

_CREDENTIALS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
_PERSONAL_ROOTS: Final = frozenset({"cookie", "claims"})
_WRITES: Final = frozenset({"PUT", "PATCH", "DELETE"})


def encoded(pieces: Iterable[bytes]) -> bytes:
    """*pieces* as one text that no other sequence of pieces gives: each after its length."""
    return b"".join([b"%d:%b" % (len(piece), piece) for piece in pieces])


def has_identity(method: str, repeatable: bool | None) -> bool:  # noqa: FBT001 - the spec's own value
    """Whether calls of a step can be equal: GET and HEAD, and other reads that say ``repeatable: true``."""
    if repeatable is None:
        return method in {"GET", "HEAD"}
    return repeatable and method not in _WRITES


def is_personal(use: Use) -> bool:
    """Whether a reference reads what identifies the client."""
    slot = use.slot
    if slot is None:
        return False
    return slot.root in _PERSONAL_ROOTS or (slot.root == "header" and slot.keys[0] in _CREDENTIALS)


def personal_steps(uses: Sequence[Iterable[Use]]) -> frozenset[int]:
    """The steps whose answers are personal, by index; *uses* are the references of each step's templates."""
    reads = [list(of_step) for of_step in uses]
    found: set[int] = set()
    while True:
        more = {
            index
            for index, of_step in enumerate(reads)
            if index not in found and any(is_personal(use) or use.step in found for use in of_step)
        }
        if not more:
            return frozenset(found)
        found |= more


def personal_uses(uses: Iterable[Use], steps: frozenset[int]) -> list[Use]:
    """Those of a step's references that read something personal; *steps* are the personal ones."""
    return [use for use in uses if is_personal(use) or use.step in steps]


def identifying_requests(
    upstream: str, nothing_on: Iterable[int] = (), personal: Iterable[Use] = ()
) -> Identify:
    """Calls are equal if all that is sent to *upstream* is, which is its name and address.

    *nothing_on*: answers with these statuses mean something else to other steps. *personal* is what the
    step's templates read; it shows in what is sent, unless in a header that is left out here.
    """
    start = encoded([b"request", upstream.encode(), repr(sorted(nothing_on)).encode()])
    reads = _reads(personal)

    def identify(scope: Scope, payload: Any) -> bytes | None:
        target, body = payload.target, payload.body
        seen, left_out = _seen(payload.headers) if payload.headers else (b"", False)
        # What `encoded` would give of them; written out, as every call of a step that shares comes by here.
        pieces = len(target), target, len(seen), seen, len(body), body
        text = b"%b%b %d:%b%d:%b%d:%b" % (start, payload.method.encode(), *pieces)
        if left_out:
            values = _values(reads, scope)
            if values is None:
                return None
            text += encoded(values)
        return sha256(text).digest()

    return identify


def identifying_payloads(
    kind: str, upstream: str, pieces: Callable[[Any], Iterable[bytes] | None]
) -> Identify:
    """Calls to *upstream* are equal if all *pieces* of their payloads are; ``None``: it equals no other.

    For kinds in whose payloads everything shows that a template reads.
    """
    start = encoded([kind.encode(), upstream.encode()])

    def identify(_: Scope, payload: Any) -> bytes | None:
        parts = pieces(payload)
        return None if parts is None else sha256(start + encoded(parts)).digest()

    return identify


def _seen(headers: bytes) -> tuple[bytes, bool]:
    """The lines that tell calls apart, and whether there are others."""
    lines = headers.split(b"\r\n")
    seen = [line for line in lines if line.partition(b":")[0] not in UNSHARED]
    return encoded(seen), len(seen) < len(lines)


class KeyTemplate:
    """The ``key:`` of a cache. ``faults`` has all that is wrong, each under its index.

    Its references make nothing required: a request part that is missing is a value of its own, and for a step
    it is only waited.
    """

    def __init__(self, names: Names, references: Iterable[str]) -> None:
        self.faults: list[TemplateFault] = []
        self.uses: list[Use] = []
        for index, text in enumerate(references):
            try:
                self.uses.append(_reference(names, text))
            except TemplateFault as fault:
                self.faults.append(fault.under(index))

    @property
    def edges(self) -> Edges:
        """The steps it awaits. If one of them does not answer, the call is made, and shared with nobody."""
        edges = Edges.of(self.uses)
        return Edges(awaits=edges.needs | edges.awaits)

    def compiled(self, site: bytes, personal: Iterable[Use]) -> Identify:
        """Calls of the step at *site* are equal if these references, and what is *personal*, are."""
        start = encoded([b"key", site])
        reads = _reads([*self.uses, *personal])

        def identify(scope: Scope, _: Any) -> bytes | None:
            values = _values(reads, scope)
            return None if values is None else sha256(start + encoded(values)).digest()

        return identify


def site_of(route: str, name: str, step: StepSpec, upstream: str) -> bytes:
    """A step as it is written: what its calls have in common; *upstream* is its upstream's name and address.
    A step that is changed shares nothing with what it was.
    """
    content = {"json": [] if step.json is ABSENT else [step.json], "form": step.form, "body": step.body}
    written = (step.method, step.path, step.query, step.headers, content, sorted(step.nothing_on))
    # As JSON and not by `repr`, which shows ${NAME} in place of what came from the environment.
    others = [step.said] if step.said else []
    return json.dumps([route, name, upstream, *written, *others]).encode()


def varying_headers(names: Iterable[str], *, keyed: bool) -> frozenset[bytes]:
    """The request headers that may differ between calls of one identity; *names* are those a step sends."""
    unseen = UNSHARED | {b"baggage"}
    return unseen | {name.encode() for name in names} if keyed else unseen


def _reference(names: Names, text: str) -> Use:
    parts = names.read(text, Where.STEP)
    if len(parts) == 1 and isinstance(parts[0], Use):
        return parts[0]
    hint = f"write `{{{text}}}`" if "{" not in text else "write each reference as an item of its own"
    raise TemplateFault("a key is a list of references", 0, hint)


def _reads(uses: Iterable[Use]) -> list[Read[bytes] | Read[str]]:
    """How each is read: as text where it comes as text, so that a default equals what it stands for."""
    return [text_read(use) if _is_text(use) else json_read(use) for use in uses]


def _is_text(use: Use) -> bool:
    return use.slot is not None and use.slot.root != "body" and not use.slot.many and not use.ref.functions


def _values(reads: Iterable[Read[bytes] | Read[str]], scope: Scope) -> list[bytes] | None:
    """What was read, a missing value unlike every other; ``None`` if a step that is read did not answer."""
    inputs, outcomes = scope.inputs, scope.outcomes
    values: list[bytes] = []
    for read in reads:
        value = read(inputs, outcomes)
        if isinstance(value, Failure):
            return None
        if isinstance(value, str):
            value = value.encode("utf-8", "surrogatepass")
        values.append(b"-" if value is None else b"=" + value)
    return values
