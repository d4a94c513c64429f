"""YAML in, frozen specs out; every fault with its place. The only package that knows YAML and pydantic."""

from gateway.config.defaults_table import defaults_table
from gateway.config.environment import EnvText
from gateway.config.faults import ConfigError, Fault, Place
from gateway.config.kinds import ABSENT, Absent
from gateway.config.load import Loaded, load, load_text
from gateway.config.models import Config
from gateway.config.places import Places
from gateway.config.route import MergeSpec, RouteSpec
from gateway.config.schema import json_schema
from gateway.config.server import ServerSpec
from gateway.config.step import StepSpec
from gateway.config.upstream import BreakerSpec, BulkheadSpec, UpstreamSpec

__all__ = [
    "ABSENT",
    "Absent",
    "BreakerSpec",
    "BulkheadSpec",
    "Config",
    "ConfigError",
    "EnvText",
    "Fault",
    "Loaded",
    "MergeSpec",
    "Place",
    "Places",
    "RouteSpec",
    "ServerSpec",
    "StepSpec",
    "UpstreamSpec",
    "defaults_table",
    "json_schema",
    "load",
    "load_text",
]
