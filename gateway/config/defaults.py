"""Worked into every upstream and route: what ``defaults:``, ``server:`` and other keys say for it.

Done on the tree, so that a wrong default is reported where it was written.
"""

from __future__ import annotations

from gateway.config.fitting import inherited, kind_of
from gateway.config.nodes import Entry, Mapping, Node, Scalar, each

_SERVER_KEYS = ("time_limit", "max_body")
"""Routes that do not say take the server's."""
_NOT_WANTED = (None, False, "off")


def with_defaults(root: Mapping) -> Mapping:
    """*root* with each upstream and each route complete. A layer's mapping is merged key by key."""
    defaults, server = _entries(root, "defaults"), _entries(root, "server")
    defaults_node = Mapping(root.place, defaults)
    of_server = {key: server[key] for key in _SERVER_KEYS if key in server}
    upstream = _entries(defaults_node, "upstream")
    route = {**of_server, **_entries(defaults_node, "route")}
    root = each(
        root,
        "upstreams",
        lambda _name, _entry, own: _with_timeout(_with_transport(_completed(own, inherited(own, upstream)))),
    )
    return each(root, "routes", lambda _name, _entry, own: _completed(own, route))


def _entries(node: Mapping, key: str) -> dict[str, Entry]:
    value = node.get(key)
    return dict(value.entries) if isinstance(value, Mapping) else {}


def _completed(own: Mapping, defaults: dict[str, Entry]) -> Mapping:
    """*own* completed by *defaults*, and so on down where both are mappings; its own keys come first."""
    entries = dict(own.entries)
    for key, entry in defaults.items():
        mine = entries.get(key)
        if mine is None:
            entries[key] = entry
        elif isinstance(mine.value, Mapping) and isinstance(entry.value, Mapping):
            entries[key] = Entry(mine.place, _completed(mine.value, dict(entry.value.entries)))
    return own.replaced(entries)


def _with_timeout(node: Mapping) -> Mapping:
    """Some kinds have a timeout of their own where nothing else is written."""
    timeout = kind_of(node).timeout
    if not timeout or "timeout" in node.entries:
        return node
    entry = Entry(node.place, Scalar(node.place, timeout, timeout))
    return node.replaced({**node.entries, "timeout": entry})


def _with_transport(node: Mapping) -> Mapping:
    """``http2`` and ``proxy`` choose httpx where no transport is written."""
    if "transport" in node.entries:
        return node
    for key in ("http2", "proxy"):
        value: Node | None = node.get(key)
        if isinstance(value, Scalar) and value.value not in _NOT_WANTED:
            chosen = Scalar(value.place, "httpx", "httpx")
            return node.replaced({**node.entries, "transport": Entry(value.place, chosen)})
    return node
