"""How the steps of an imported route become its answer: encodings, merging, static data.

KrakenD merges what its backends answered at the top level; a part that failed is not there. ``merge`` does
the same, in the order of the file. Static data are a step of their own that is merged last, or stand in for
whatever fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.importing.draft import literal
from gateway.importing.krakend.formatting import COLLECTION, flattened
from gateway.importing.krakend.namespaces import extra
from gateway.importing.naming import reference, unique

if TYPE_CHECKING:
    from gateway.importing.foreign import At
    from gateway.importing.report import Report

_JSON: Final = frozenset({"", "json", "fast-json", "json-collection"})
_ON_FAILURE: Final = frozenset({"errored", "incomplete"})
_ON_SUCCESS: Final = frozenset({"success", "complete"})

Steps = dict[str, dict[str, Any]]


def answer_of(endpoint: At, steps: Steps, encoding: At, report: Report) -> dict[str, Any]:
    """``steps`` and what is made of them. *encoding* is the endpoint's, or what holds for all."""
    proxy = extra(endpoint, "proxy")
    flatmap = flattened(proxy["flatmap_filter"], report) if len(steps) > 1 else []
    if proxy["flatmap_filter"] and not flatmap:
        report.lost(proxy["flatmap_filter"], "with one backend it stands at the backend")
    if proxy["static"]:
        _add_static(proxy["static"], steps, report)
    answer: dict[str, Any] = {"steps": steps} | _forms(encoding, report)
    if len(steps) > 1:
        answer["merge"] = {"steps": list(steps), "on_conflict": "last"}
        if encoding.text == "json-collection":
            flatmap.append({"unwrap": COLLECTION})
        if flatmap:
            answer["shape"] = flatmap
        return answer
    (name,) = steps
    if encoding.text != "json-collection":
        answer["respond"] = reference(name)
    elif steps[name].get("wrap") == COLLECTION:
        del steps[name]["wrap"]
        answer["respond"] = reference(name)
    else:
        answer["respond"] = reference(name, COLLECTION)[:-1] + " | []}"
    return answer


def _forms(encoding: At, report: Report) -> dict[str, Any]:
    """What the route produces besides JSON."""
    if encoding.text == "xml":
        report.changed(encoding, "the answer's element is called `answer`, not `doc`")
        return {"produces": ["xml"]}
    if encoding.text == "negotiate":
        report.changed(encoding, "JSON or XML, as the client accepts; neither YAML nor plain text")
        return {"produces": ["json", "xml"]}
    if encoding.text not in _JSON:
        report.changed(encoding, f"the answer is JSON, not {encoding.text}")
    return {}


def _add_static(static: At, steps: Steps, report: Report) -> None:
    """Data that KrakenD merges into the answer, depending on how it came about."""
    strategy, data = static["strategy"].text, literal(static["data"].value)
    if strategy == "always":
        steps[unique("static", steps)] = {"value": data}
    elif strategy in _ON_FAILURE:
        for step in steps.values():
            step["fallback"] = data
        if len(steps) > 1:
            report.changed(static, "its data stand in for each backend that fails; later ones overwrite them")
    elif strategy in _ON_SUCCESS and len(steps) == 1:
        (step,) = steps.values()
        step["shape"] = [*_stages_of(step), {"set": data}]
    else:
        report.lost(static, f"data that depend on several backends (`{strategy}`)")


def _stages_of(step: dict[str, Any]) -> list[dict[str, Any]]:
    """What shapes *step* already, taken from it."""
    if "shape" in step:
        return list(step.pop("shape"))
    keys = [key for key in ("unwrap", "pick", "omit", "rename", "wrap") if key in step]
    return [{key: step.pop(key) for key in keys}] if keys else []
