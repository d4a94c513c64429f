"""A configuration file → `Loaded`, or one `ConfigError` with everything that is wrong with it.

read (YAML, includes) → lower (one form) → substitute ${NAME} → complete (defaults) → check (models)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.config import nodes
from gateway.config.defaults import with_defaults
from gateway.config.environment import Environment, Noted, substituted
from gateway.config.faults import ConfigError, Fault, File, Place
from gateway.config.includes import Reader
from gateway.config.lowering import lowered
from gateway.config.models import Config
from gateway.config.places import Places
from gateway.config.reading import read


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checked configuration, where its values were written, and the files it came from.

    ``secrets`` are the values it took from the environment, by name: no text may hold them. ``examples``: it
    is only to be tried, with the ``example`` of each step of this route in place of upstreams ("": of none).
    """

    config: Config
    places: Places
    files: tuple[Path, ...]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    examples: str | None = None


def load(path: str | os.PathLike[str], environ: Environment = os.environ) -> Loaded:
    """Read, check and complete the configuration at *path*.

    Raises `ConfigError` with all faults, also for a file that cannot be read.
    """
    return _loaded(str(path), environ, lambda reader: reader.read(Path(path)))


def load_text(text: str, environ: Environment = os.environ, name: str = "gateway.yaml") -> Loaded:
    """The same for a text; *name* stands in its faults, includes are relative to it."""
    return _loaded(name, environ, lambda reader: reader.parsed(text, Path(name)))


def _loaded(name: str, environ: Environment, reading: Callable[[Reader], nodes.Mapping | None]) -> Loaded:
    faults: list[Fault] = []
    noted = Noted(environ)
    reader = Reader(noted, faults)
    written = reading(reader)
    if written is None:
        raise ConfigError(faults or [Fault(Place(File(name)), "there is no configuration here")])
    root = substituted(lowered(written, faults), noted, faults)
    assert isinstance(root, nodes.Mapping)
    root = with_defaults(root)
    config = read(root, faults)
    if faults or config is None:
        raise ConfigError(faults)
    return Loaded(config, Places(root, written), tuple(reader.files), noted.values_taken)
