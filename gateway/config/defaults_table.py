"""The tables of keys and defaults in docs/configuration.md, made from the models."""

from __future__ import annotations

from typing import Any

from pydantic.fields import FieldInfo

from gateway.config.balancing import BalanceSpec
from gateway.config.caching import CacheSpec, StoreSpec
from gateway.config.cold_starts import PrewarmSpec
from gateway.config.functions import SourceSpec
from gateway.config.guards import BreakerSpec, BulkheadSpec, WarmSpec
from gateway.config.kinds import ABSENT, Shown
from gateway.config.lambdas import LambdaSpec
from gateway.config.lists import BatchSpec, ForEachSpec
from gateway.config.models import Config
from gateway.config.objects import S3Spec
from gateway.config.overload import AdmissionSpec
from gateway.config.proxying import ForwardSpec, ProxySpec
from gateway.config.redis import RedisSpec
from gateway.config.repeating import BudgetSpec, HedgeSpec, RetrySpec
from gateway.config.route import MergeSpec, RouteSpec
from gateway.config.server import ServerSpec
from gateway.config.shaping import KEYS, JoinSpec, ShapeSpec
from gateway.config.signing import AuthSpec, CredentialsSpec
from gateway.config.source_kinds import VERBS
from gateway.config.specs import fields_of
from gateway.config.sql import MysqlSpec, PostgresSpec
from gateway.config.step import CallSpec, StepSpec, UndoSpec
from gateway.config.surface import FROM_THE_KEY, bare
from gateway.config.telemetry import DebugSpec, TelemetrySpec, TracesSpec
from gateway.config.tls import TlsSpec
from gateway.config.upstream import UpstreamSpec

SECTIONS: tuple[tuple[str, type], ...] = (
    ("Top level", Config),
    ("`server`", ServerSpec),
    ("`admission` of the server", AdmissionSpec),
    ("`telemetry`", TelemetrySpec),
    ("`traces` of the telemetry", TracesSpec),
    ("`debug` of the telemetry", DebugSpec),
    ("A store", StoreSpec),
    ("An upstream", UpstreamSpec),
    ("`breaker` of an upstream", BreakerSpec),
    ("`bulkhead` of an upstream", BulkheadSpec),
    ("`retry` of an upstream or a step", RetrySpec),
    ("`hedge` of an upstream or a step", HedgeSpec),
    ("`budget` of an upstream", BudgetSpec),
    ("`balance` of an upstream", BalanceSpec),
    ("`warm` of an upstream", WarmSpec),
    ("`tls` of an upstream", TlsSpec),
    ("`auth` of an upstream", AuthSpec),
    ("`lambda` of an upstream", LambdaSpec),
    ("`credentials` of auth and lambda", CredentialsSpec),
    ("`prewarm` of an upstream", PrewarmSpec),
    ("`postgres` of an upstream", PostgresSpec),
    ("`mysql` of an upstream", MysqlSpec),
    ("`redis` of an upstream", RedisSpec),
    ("`s3` of an upstream", S3Spec),
    ("`source` of an upstream", SourceSpec),
    ("A route", RouteSpec),
    ("`merge` of a route", MergeSpec),
    ("`proxy` of a route", ProxySpec),
    ("`forward` of a proxy", ForwardSpec),
    ("A step", StepSpec),
    ("`cache` of a step", CacheSpec),
    ("The shape of a step or a route, and an item of `shape`", ShapeSpec),
    ("`join` of a shape", JoinSpec),
    ("`for_each` of a step", ForEachSpec),
    ("`batch` of a step", BatchSpec),
    ("`undo` of a step", UndoSpec),
)


_SHAPED = (RouteSpec, StepSpec)
"""What has the keys of a shape beside its own; they have a section of their own."""


def defaults_table() -> str:
    """Markdown: a table of keys, defaults and meanings for every kind of mapping."""
    return "\n".join(_section(title, model) for title, model in SECTIONS)


def shown_default(field: FieldInfo) -> str | None:
    """A field's default as it would be written in YAML; None if there is nothing to write."""
    value: Any = field.default
    if field.is_required() or field.default_factory or value is ABSENT:
        return None
    for mark in field.metadata:
        if isinstance(mark, Shown):
            return mark.text(value) or None
    if isinstance(value, tuple | frozenset):
        return f"[{', '.join(sorted(value))}]"
    return (str(value) or None) if isinstance(value, str | int) else None


def _section(title: str, model: type) -> str:
    lines = [f"### {title}", "", "| key | default | meaning |", "|---|---|---|"]
    if issubclass(model, CallSpec):
        verbs = " ".join(f"`{verb}`" for verb in VERBS)
        lines.append(f"| {verbs} | | The call: `upstream/path?query`, or a mapping of the keys below. |")
    fields = fields_of(model)
    if model is UndoSpec:
        like = "The same keys as a step's call has, with `timeout`, `retry`, `nothing_on` and `repeatable`."
        lines.append(f"| … | | {like} |")
        fields = {name: fields[name] for name in fields if name not in fields_of(CallSpec)}
    for name, field in fields.items():
        if (model is RouteSpec and name in FROM_THE_KEY) or (model in _SHAPED and name in KEYS):
            continue
        default = "" if model is StepSpec and field.is_required() else _default_cell(field)
        lines.append(f"| `{name}` | {default} | {field.description} |")
    if model is Config:
        lines += ["| `include` | | Files with further upstreams and routes: a list, patterns allowed. |"]
        lines += ["| `x-…` | | Ignored; a place for anchors. |"]
    return "\n".join(lines) + "\n"


def _default_cell(field: FieldInfo) -> str:
    if field.is_required():
        return "must be written"
    if bare(field.annotation) in {model for _, model in SECTIONS}:
        return "see below" if field.default_factory else ""
    shown = shown_default(field)
    return f"`{shown}`" if shown else ""
