"""What KrakenD does to an answer → the shape of a step, or of a route (flatmap over several backends).

KrakenD's order is target, then allow or deny (or flatmap in their place), then mapping, then group; a
collection is wrapped before all of them. Ours is the same within one stage (config/shaping.py); what does not
fit into one becomes several.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gateway.importing.krakend.namespaces import extra

if TYPE_CHECKING:
    from gateway.importing.foreign import At
    from gateway.importing.report import Report

COLLECTION: Final = "collection"
"""The member that KrakenD puts an array under."""

_key = re.compile(r"[\w$@#-]+").fullmatch

Stage = dict[str, Any]


def shaping_of(backend: At, report: Report) -> Stage:
    """The shaping keys of the step that *backend* becomes."""
    target, group = backend["target"].text, backend["group"].text
    flatmap = extra(backend, "proxy")["flatmap_filter"]
    before: list[Stage] = [{"wrap": COLLECTION}] if backend["is_collection"].flag else []
    if backend["encoding"].text == "string":
        before = [{"wrap": "content"}]
    unwrapped: Stage = {"unwrap": path_of(target)} if target else {}
    if flatmap:
        return _stages([*before, unwrapped, *flattened(flatmap, report), _wrapped(group)])
    picked = _members(backend)
    if before == [{"wrap": COLLECTION}] and not unwrapped and set(picked) <= {"rename"}:
        name = picked.get("rename", {}).get(COLLECTION, COLLECTION)
        return {"wrap": f"{_name(group)}.{_name(name)}" if group else _name(name)}
    return _stages([*before, unwrapped | picked | _wrapped(group)])


def flattened(flatmap: At, report: Report) -> list[Stage]:
    """The operations of a flatmap filter, one stage each."""
    stages: list[Stage] = []
    for operation in flatmap.items():
        kind, arguments = operation["type"].text, [_flat_path(text) for text in operation["args"].texts]
        if kind == "del" and arguments:
            stages.append({"omit": arguments})
        elif kind in {"move", "append"} and len(arguments) == 2:
            stages.append({kind: {arguments[0]: arguments[1]}})
        else:
            report.lost(operation, f"`{kind}` with {len(arguments)} arguments is no operation")
    return stages


def path_of(dotted: str) -> str:
    """A path as our shapes write it; other keys than words are quoted."""
    return ".".join(map(_name, dotted.split("."))).replace(".[", "[")


def _flat_path(dotted: str) -> str:
    """A path of a flatmap, in which ``*`` and numbers go through arrays."""
    written = ""
    for key in dotted.split("."):
        if key.isdecimal() and written:
            written += f"[{key}]"
        else:
            written += ".*" if key == "*" else f".{_name(key)}"
    return written.removeprefix(".").replace(".[", "[")


def _name(key: str) -> str:
    """One key of a path; a word as it is."""
    return key if _key(key) else "['" + key.replace("'", "''") + "']"


def _members(backend: At) -> Stage:
    """What is kept, left out and renamed of an object."""
    allow, deny = backend.first("allow", "whitelist").texts, backend.first("deny", "blacklist").texts
    stage: Stage = {}
    if allow:
        stage["pick"] = [path_of(path) for path in allow]
    elif deny:
        stage["omit"] = [path_of(path) for path in deny]
    # KrakenD cuts a new name at its first dot: there is no renaming into an object.
    mapping = [(old, new.text.partition(".")[0]) for old, new in backend["mapping"].members()]
    names = {path_of(old): new for old, new in mapping if new}
    return stage | ({"rename": names} if names else {})


def _wrapped(group: str) -> Stage:
    return {"wrap": _name(group)} if group else {}


def _stages(stages: list[Stage]) -> Stage:
    """Stages as a step says them: the keys of the only one, or the list of all."""
    said = [stage for stage in stages if stage]
    if len(said) <= 1:
        return said[0] if said else {}
    return {"shape": said}
