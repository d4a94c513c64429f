"""YAML in, frozen specs out; every fault with its place. The only package that knows YAML and pydantic."""

from gateway.config.balancing import BalanceSpec
from gateway.config.caching import CacheSpec, StoreSpec
from gateway.config.defaults_table import defaults_table
from gateway.config.environment import EnvText
from gateway.config.faults import ConfigError, Fault, Place
from gateway.config.guards import ADAPTIVE, BreakerSpec, BulkheadSpec, WarmSpec
from gateway.config.kinds import ABSENT, Absent
from gateway.config.lists import BatchSpec, ForEachSpec
from gateway.config.load import Loaded, load, load_text
from gateway.config.models import Config
from gateway.config.overload import AdmissionSpec
from gateway.config.places import Places
from gateway.config.producing import BY_PARTS
from gateway.config.proxying import ForwardSpec, ProxySpec
from gateway.config.repeating import BudgetSpec, HedgeSpec, Percentile, RetrySpec
from gateway.config.route import MergeSpec, RouteSpec
from gateway.config.routes import ANY, SERVED_METHODS
from gateway.config.schema import json_schema
from gateway.config.server import ServerSpec
from gateway.config.step import CallSpec, StepSpec, UndoSpec
from gateway.config.telemetry import DebugSpec, TelemetrySpec, TracesSpec
from gateway.config.upstream import UNGUARDED, UpstreamSettings, UpstreamSpec

__all__ = [
    "ABSENT",
    "ADAPTIVE",
    "ANY",
    "BY_PARTS",
    "SERVED_METHODS",
    "UNGUARDED",
    "Absent",
    "AdmissionSpec",
    "BalanceSpec",
    "BatchSpec",
    "BreakerSpec",
    "BudgetSpec",
    "BulkheadSpec",
    "CacheSpec",
    "CallSpec",
    "Config",
    "ConfigError",
    "DebugSpec",
    "EnvText",
    "Fault",
    "ForEachSpec",
    "ForwardSpec",
    "HedgeSpec",
    "Loaded",
    "MergeSpec",
    "Percentile",
    "Place",
    "Places",
    "ProxySpec",
    "RetrySpec",
    "RouteSpec",
    "ServerSpec",
    "StepSpec",
    "StoreSpec",
    "TelemetrySpec",
    "TracesSpec",
    "UndoSpec",
    "UpstreamSettings",
    "UpstreamSpec",
    "WarmSpec",
    "defaults_table",
    "json_schema",
    "load",
    "load_text",
]
