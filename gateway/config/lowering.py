"""From what people write to what the models hold: route keys, call forms, values that are text.

Also what a model cannot say: keys that exclude each other, and keys of later versions.
"""

from __future__ import annotations

from gateway.config.faults import Fault
from gateway.config.fitting import fit_calls, fitted_upstream
from gateway.config.functions import with_functions
from gateway.config.later import built
from gateway.config.nodes import Entry, Mapping, each
from gateway.config.routes import lowered_headers, lowered_route


def lowered(root: Mapping, faults: list[Fault]) -> Mapping:
    """The tree that `Config` describes. The top level's ``x-…`` keys are gone."""

    def defaults(name: str, entry: Entry, node: Mapping) -> Mapping:  # noqa: ARG001 - one shape for all
        return lowered_headers(built(node, name, faults), faults) if name in {"upstream", "route"} else node

    root = built(root, "document", faults)
    root = root.without([key for key in root.entries if key.startswith("x-")])
    root = each(root, "defaults", defaults)

    def upstream(name: str, _: Entry, node: Mapping) -> Mapping:
        return fitted_upstream(name, built(node, "upstream", faults), faults)

    root = each(root, "upstreams", upstream)
    root = each(root, "routes", lambda name, entry, route: lowered_route(name, entry, route, faults))
    root = with_functions(root)
    fit_calls(root, faults)
    return root
