"""THE table of kinds: by the name that a configuration gives them, what compiles and runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.compiler.kinds.file import File
from gateway.compiler.kinds.function import Brought, Python
from gateway.compiler.kinds.http import Http
from gateway.compiler.kinds.lambda_invoke import LambdaInvoke
from gateway.compiler.kinds.mysql import Mysql
from gateway.compiler.kinds.postgres import Postgres
from gateway.compiler.kinds.redis import Redis
from gateway.compiler.kinds.s3 import S3
from gateway.compiler.kinds.value import Value

if TYPE_CHECKING:
    from gateway.compiler.kinds.kind import CallTemplate, InlineKind, Kind, StepSite
    from gateway.config import CallSpec

_UPSTREAMS: Final[tuple[Kind, ...]] = (
    Http(),
    Python(),
    Brought(),
    LambdaInvoke(),
    Mysql(),
    Postgres(),
    Redis(),
    S3(),
)

KINDS: Final = {kind.name: kind for kind in _UPSTREAMS}
"""Those of upstreams."""

INLINE: Final[dict[str, InlineKind]] = {kind.name: kind for kind in (Value(), File())}
"""Those of steps that need no upstream."""


def read_call(site: StepSite, step: CallSpec) -> CallTemplate:
    """The call of *step* in the terms of what it reads from; as if over HTTP where that is not known."""
    if step.inline is not None:
        return INLINE[step.inline].read(site, step)
    return KINDS[site.upstream.kind if site.upstream is not None else Http.name].read(site, step)
