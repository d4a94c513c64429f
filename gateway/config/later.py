"""Keys of later versions: each has a fault of its own, so that nobody hunts for a typo."""

from __future__ import annotations

from gateway.config.faults import Fault
from gateway.config.nodes import Mapping

NOT_BUILT = {
    "document": ("auth", "jobs"),
    "upstream": ("health", "chaos"),
}


def built(node: Mapping, kind: str, faults: list[Fault]) -> Mapping:
    """*node* without the keys of later versions, each of them reported."""
    later = [key for key in node.entries if key in NOT_BUILT.get(kind, ())]
    for key in later:
        message = f"`{key}` is not built yet in this version of the gateway"
        faults.append(Fault(node.entries[key].place, message, "remove it for now"))
    return node.without(later)
