"""Every event that is logged: its name, its level, its sentence and its facts, in one place.

Names are for machines and do not change; sentences are for people and may. The ids of the request and the
upstream's trace stand beside the facts wherever an event belongs to a request.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of line. *text* is a format string over the *facts*; *help* says when it is written."""

    name: str
    level: int
    text: str
    help: str
    facts: tuple[str, ...] = ()


ANSWERED: Final = Event(
    "request.answered",
    logging.WARNING,
    "{route} {status} in {ms:.1f} ms",
    "A request was answered; `server: { access_log: … }` says which are told. Level info without a problem.",
    ("route", "status", "ms", "bytes", "degraded", "steps"),
)
REFUSED: Final = Event(
    "request.refused",
    logging.INFO,
    "{route} {status} in {ms:.1f} ms, refused",
    "A request was answered without its plan: it was malformed, unroutable, or one too many.",
    ("route", "status", "ms"),
)
STREAMED: Final = Event(
    "request.streamed",
    logging.INFO,
    "{route} {status} in {ms:.1f} ms, {sent} B until {total_ms:.1f} ms, {ending}",
    "An answer that was passed on piece by piece has ended: whole, client_gone, or with the cause that broke "
    "it off. `ms` is the time to its head. Level warning with a problem.",
    ("route", "status", "ms", "total_ms", "received", "sent", "ending", "steps"),
)
UNDONE: Final = Event(
    "step.undone",
    logging.INFO,
    "{step} of {route} is undone",
    "A request failed, and what one of its steps had done was taken back.",
    ("step", "route", "result", "cause", "detail"),
)
NOT_UNDONE: Final = Event(
    "step.not_undone",
    logging.ERROR,
    "{step} of {route} is not undone: {result} {cause} {detail}",
    "A request failed, and what one of its steps did, or may have done, still stands: somebody has to look. "
    "`result` is failed, skipped, unknown, refused or lost.",
    ("step", "route", "result", "cause", "detail"),
)
BUG_IN_STEP: Final = Event(
    "bug.step",
    logging.ERROR,
    "bug in step {step} of {route}",
    "A step raised, with its traceback; the step counts as `internal`.",
    ("step", "route"),
)
BUG_IN_HEDGE: Final = Event(
    "bug.hedge", logging.ERROR, "bug in a hedge of step {step}", "A second attempt raised.", ("step",)
)
BUG_APART: Final = Event(
    "bug.apart",
    logging.ERROR,
    "bug in step {step}, apart from its request",
    "A shared flight or a refresh raised; the ids are those of the request that began it.",
    ("step",),
)
BUG_OF_WORK: Final = Event(
    "bug.work", logging.ERROR, "bug in work apart from requests", "Other work beside requests raised."
)
BUG_IN_REQUEST: Final = Event(
    "bug.request",
    logging.ERROR,
    "bug outside of any step",
    "Reading a request or writing its answer raised; the client got a 500 with the request's id.",
)
BUG_IN_PAGE: Final = Event(
    "bug.page", logging.ERROR, "bug in {page}", "One of the gateway's own pages raised.", ("page",)
)
BUG_IN_LISTENER: Final = Event(
    "bug.listener",
    logging.ERROR,
    "the listener of circuit {breaker} failed at {old} → {new}",
    "Who is told of a breaker's changes raised.",
    ("breaker", "old", "new"),
)
BUG_IN_STORE: Final = Event(
    "bug.store", logging.ERROR, "a fault of the {part}", "A part of the Redis store raised.", ("part",)
)
STEP_STUCK: Final = Event(
    "step.stuck",
    logging.ERROR,
    "step {step} of {route} did not end when cut",
    "A source ignored its call's end; the answer left without it.",
    ("step", "route"),
)
BREAKER_CHANGED: Final = Event(
    "breaker.changed",
    logging.WARNING,
    "breaker of {breaker}: {old} → {new} ({why})",
    "A breaker changed its state.",
    ("breaker", "old", "new", "why"),
)
OPERATED: Final = Event(
    "operator.breaker",
    logging.WARNING,
    "operator: {action} of the breaker of {upstream}",
    "An operator forced or reset the breakers of an upstream.",
    ("action", "upstream"),
)
STAND_INS_TURNED: Final = Event(
    "operator.stand_ins",
    logging.WARNING,
    "operator: what stands in for failures is {action}",
    "An operator let stale copies and fallbacks stand in for failures, or not.",
    ("action",),
)
CLIENT_REFUSED: Final = Event(
    "client.refused",
    logging.INFO,
    "a client's request was refused before it was whole: {status}",
    "A client sent too much, too slowly, or what is not HTTP.",
    ("status",),
)
UPSTREAM_UNREACHABLE: Final = Event(
    "upstream.unreachable",
    logging.WARNING,
    "no connection to {upstream} in advance: {why}",
    "Connections that are kept open in advance cannot be made; told once per outage.",
    ("upstream", "why"),
)
UPSTREAM_REACHABLE: Final = Event(
    "upstream.reachable",
    logging.INFO,
    "connections to {upstream} can be made again",
    "The end of `upstream.unreachable`.",
    ("upstream",),
)
CREDENTIALS_MISSED: Final = Event(
    "credentials.missed",
    logging.WARNING,
    "no AWS credentials: {why}; {kept}",
    "A look for AWS credentials failed; told once until one succeeds.",
    ("why", "kept"),
)
CREDENTIALS_FOUND: Final = Event(
    "credentials.found",
    logging.INFO,
    "AWS credentials {key} found in {origin}",
    "The end of `credentials.missed`.",
    ("key", "origin"),
)
PREWARM_FAILED: Final = Event(
    "prewarm.failed",
    logging.WARNING,
    "a ping to keep {upstream} warm failed: {why}",
    "An environment of a function could not be warmed; told once until one can be.",
    ("upstream", "why"),
)
REDIS_UNREACHABLE: Final = Event(
    "redis.unreachable",
    logging.WARNING,
    "{of} has no connection to Redis: {kind}",
    "Told once per outage and connection.",
    ("of", "kind"),
)
REDIS_CONNECTED: Final = Event(
    "redis.connected",
    logging.WARNING,
    "{of} is connected to Redis again",
    "The end of `redis.unreachable`.",
    ("of",),
)
REDIS_LOST: Final = Event(
    "redis.lost",
    logging.WARNING,
    "{of} lost a connection to Redis: {kind}",
    "A question did not get its answer.",
    ("of", "kind"),
)
HINTS_LOST: Final = Event(
    "redis.hints_lost",
    logging.WARNING,
    "hints of other processes are not to be had: {kind}",
    "A look at the board of hints failed.",
    ("kind",),
)
SOURCE_TROUBLE: Final = Event(
    "source.trouble",
    logging.WARNING,
    "{upstream} could not {what}: {why}",
    "A source of another distribution raised, or took too long, when the gateway was opened or closed.",
    ("upstream", "what", "why"),
)
FILE_UNREADABLE: Final = Event(
    "file.unreadable",
    logging.WARNING,
    "{path}: {why}; what it held before is served, as stale",
    "A file that a step reads is gone, broken or too large since it was read.",
    ("path", "why"),
)
FILE_READABLE: Final = Event(
    "file.readable", logging.WARNING, "{path} can be read again", "The end of `file.unreadable`.", ("path",)
)
OPENED_LATE: Final = Event(
    "gateway.opened_late",
    logging.WARNING,
    "the gateway opens at its first request; open it with its application instead: "
    "FastAPI(lifespan=gateway.lifespan)",
    "A mounted gateway was not opened by its application.",
)
FEW_FILES: Final = Event(
    "gateway.few_files",
    logging.WARNING,
    "bulkhead slots ({slots} in all) exceed the limit of open files ({limit})",
    "The limit of open files is too low for what the configuration allows.",
    ("slots", "limit"),
)
SERVING: Final = Event(
    "gateway.serving",
    logging.INFO,
    "{listener} on {url}",
    "A listener takes requests.",
    ("listener", "url"),
)
VARIABLE_IGNORED: Final = Event(
    "telemetry.variable_ignored",
    logging.WARNING,
    "{variable} is ignored: {value!r} means nothing here",
    "A variable of OpenTelemetry's has a value that is not known.",
    ("variable", "value"),
)
REPEATED: Final = Event(
    "log.repeated",
    logging.WARNING,
    "{count} more within {seconds:.0f} s: {line}",
    "So many lines like this one were left out since the last time that this was said.",
    ("count", "seconds", "of", "line"),
)
FOREIGN: Final = "log"
"""The event of lines that other libraries wrote; `logger` says which."""


def all_events() -> list[Event]:
    """Every event of this file, by name."""
    return sorted(
        (each for each in globals().values() if isinstance(each, Event)), key=lambda each: each.name
    )
