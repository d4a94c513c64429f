"""A route in small: templates read against names, a request read by the edge, a scope to render with."""

from types import SimpleNamespace

from gateway.compiler.names import Names
from gateway.compiler.request import RequestTemplate
from gateway.edge.reader import reading
from gateway.outcome import Cause, Failure, Success

DOWN = Failure(Cause.TIMEOUT)


def scope(inputs=(), outcomes=()):
    """What a run shows its templates; bytes stand for a step that answered with them."""
    ended = [Success(one) if isinstance(one, bytes) else one for one in outcomes]
    return SimpleNamespace(inputs=list(inputs), outcomes=ended)


def names(path=None, steps=("user", "orders")):
    return Names(path or {}, steps)


def read(known, path=None, query=b"", headers=(), body=None):
    """The inputs of a client's request to the route whose names are *known*."""
    reader = reading(known.table.inputs(), known.table.finished)
    return reader(path or {}, query, list(headers), body)


def prepared(path="", *, params=None, client=None, outcomes=(), base="", **call):
    """From a client's request to the ``Request`` (or ``Failure``) of a call; may raise ``InputFault``.

    *params* are the types of the path parameters, *client* the arguments of ``read``.
    """
    known = names(params)
    template = RequestTemplate(known, "GET", path, **call)
    assert not template.faults, [fault.message for fault in template.faults]
    prepare = template.compiled(base)
    return prepare(scope(read(known, **(client or {})), outcomes))
