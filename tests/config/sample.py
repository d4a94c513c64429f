"""Small configurations for the tests of this folder."""

import re
from pathlib import Path

from gateway.config import ConfigError, load_text

ROOT = Path(__file__).parents[2]
UPSTREAMS = "upstreams:\n  users: { url: http://127.0.0.1:9101 }\n"


def with_step(step, **environ):
    """The only step of a configuration with the one route GET /x."""
    text = f"{UPSTREAMS}routes:\n  GET /x:\n    steps:\n      a: {step}\n"
    return load_text(text, environ).config.routes["GET /x"].steps["a"]


def with_upstream(settings, more="", **environ):
    """The only upstream of a configuration."""
    text = f"{more}\nupstreams:\n  u: {settings}\nroutes:\n  GET /x: {{ steps: {{ a: {{ get: u }} }} }}\n"
    return load_text(text, environ).config.upstreams["u"]


def with_route(settings, more="", **environ):
    """The only route of a configuration; it has the steps a and b unless it says otherwise."""
    steps = (
        ""
        if re.search(r"^ *steps:", settings, re.MULTILINE)
        else "\n    steps: { a: { get: users }, b: { get: users } }"
    )
    text = f"{more}\n{UPSTREAMS}routes:\n  GET /x:\n    {settings}{steps}\n"
    return load_text(text, environ).config.routes["GET /x"]


def faults_of(read, *args, **kwargs):
    """The messages of the faults that reading gives; an empty list if it gives none."""
    try:
        read(*args, **kwargs)
    except ConfigError as error:
        return [fault.message for fault in error.faults]
    return []
