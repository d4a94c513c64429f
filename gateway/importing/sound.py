"""What an import drafted → text that `gateway check` passes, whatever the foreign file held.

The converters refuse what they know cannot be carried. This is the net below them: a route with a fault is
left out, and told with the fault, until none is left.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.app import Gateway
from gateway.config import ConfigError, Fault, load_text
from gateway.config.document import parse
from gateway.config.nodes import Mapping
from gateway.importing.draft import Draft, upstreams_of
from gateway.importing.report import Report

_NAME = "gateway.yaml"


def sound_text(draft: Draft, report: Report, header: str) -> str:
    """*draft* as YAML without a fault; ``""`` if no route is left. Routes with faults leave the draft."""
    while draft.routes:
        text = draft.text(header)
        faults = _faults(text)
        if not faults:
            return text
        wrong = _faulty_routes(draft, text, faults)
        for key, fault in wrong.items():
            report.left_out(draft.origins[key], f"{key} would not be sound: {_told(fault)}")
            draft.drop(key)
    return ""


def _faults(text: str) -> tuple[Fault, ...]:
    try:
        Gateway(load_text(text, {}, _NAME), environ={})
    except ConfigError as error:
        return error.faults
    return ()


def _faulty_routes(draft: Draft, text: str, faults: Iterable[Fault]) -> dict[str, Fault]:
    """Which routes the *faults* are about: by their lines, or by the upstream that they call.

    A fault that belongs to no route is every route's: there is nothing sound without it.
    """
    root = parse(text, _NAME, [])
    assert isinstance(root, Mapping), "we wrote it ourselves"
    starts = {
        key: entry.place.line
        for part in ("upstreams", "routes")
        if isinstance(block := root.get(part), Mapping)
        for key, entry in block.entries.items()
    }
    wrong: dict[str, Fault] = {}
    for fault in faults:
        before = {key: line for key, line in starts.items() if line <= fault.place.line}
        owner = max(before, key=before.__getitem__, default="")
        if owner in draft.routes:
            wrong.setdefault(owner, fault)
            continue
        calling = [key for key, route in draft.routes.items() if owner in upstreams_of(route)]
        for key in calling or draft.routes:
            wrong.setdefault(key, fault)
    return wrong


def _told(fault: Fault) -> str:
    return f"{fault.message}, in `{fault.place.text.strip()}`"
