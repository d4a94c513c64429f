"""THE table of kinds: by the name that a configuration gives them, what compiles and runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.compiler.kinds.http import Http

if TYPE_CHECKING:
    from gateway.compiler.kinds.kind import Kind

KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in (Http(),)}
