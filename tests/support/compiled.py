"""Configurations compiled as the gateway compiles them, but not opened: nothing here needs a loop."""

import random
import time

from gateway.buffered import Buffered
from gateway.compiler.compile import Serving, compile_config
from gateway.compiler.shared import Shared
from gateway.compiler.stores import Stores
from gateway.config import ConfigError, load_text
from gateway.edge.incoming import Intake
from gateway.layers.stand_ins import StandIns
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.telemetry.metrics import Metrics
from gateway.timers import Timers

USERS = "upstreams: { users: { url: http://127.0.0.1:9101 } }\n"


def shared(metrics=None, listener=lambda transition: None, clock=time.monotonic, stores=None):
    """What upstreams and steps share."""
    timers = Timers()
    stores = stores or Stores({}, timers, clock, random.random)
    meter = (metrics or Metrics()).attempts
    return Shared(timers, Buffered(1 << 20), clock, meter, listener, stores, StandIns())


def compiled(text, metrics=None, access_log=None, clock=time.monotonic, stores=None, **environ):
    """A whole configuration; *environ* are its ``${…}``. Raises ``ConfigError``."""
    metrics = metrics or Metrics()
    loaded = load_text(text, environ)
    stores = stores or Stores(loaded.config.stores, Timers(), clock, random.random)
    common = shared(metrics, clock=clock, stores=stores)
    engine = Engine(common.timers, common.buffered, Background(), clock)
    return compile_config(loaded, common, Serving(engine, Intake(), metrics, access_log))


def route(key, settings, upstreams=USERS, **environ):
    """One compiled route of a configuration with the upstream ``users``."""
    return compiled(f"{upstreams}routes:\n  {key}: {settings}\n", **environ).routes[key]


def messages(text, **environ):
    """The faults of a configuration, as messages in the order of the file."""
    try:
        compiled(text, **environ)
    except ConfigError as error:
        return [fault.message for fault in error.faults]
    return []
