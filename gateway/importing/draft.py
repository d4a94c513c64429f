"""The configuration that an import is making: upstreams with their settings, routes, what holds for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway.config.source_kinds import VERBS
from gateway.config.writing import yaml_text
from gateway.edge.pattern import Pattern, PatternFault, parse_pattern
from gateway.importing.foreign import At
from gateway.importing.naming import unique


class Variable(str):
    """A text that is written as it stands: its ``${NAME}`` is meant. In foreign texts it never is."""

    __slots__ = ()


@dataclass(slots=True)
class Draft:
    """``origins`` says for every route where in the foreign file it comes from.

    Upstreams may be added to after they were made: that two are the same was decided by what they began with.
    """

    server: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    upstreams: dict[str, dict[str, Any]] = field(default_factory=dict)
    routes: dict[str, dict[str, Any]] = field(default_factory=dict)
    origins: dict[str, At] = field(default_factory=dict)
    _shapes: dict[tuple[object, ...], str] = field(default_factory=dict)
    _made: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    def upstream(self, wanted: str, settings: dict[str, Any]) -> str:
        """The name of the upstream with these *settings*; the same settings are the same upstream."""
        for there, name in self._made:
            if there == settings:
                return name
        name = unique(wanted, self.upstreams)
        self._made.append((settings, name))
        self.upstreams[name] = dict(settings)
        return name

    def refusal(self, key: str) -> str:
        """Why there can be no route *key* (``METHOD /path``) beside those there are; ``""`` if there can."""
        method, _, path = key.partition(" ")
        pattern = parse_pattern(path)
        if isinstance(pattern, PatternFault):
            return pattern.message
        other = self._shapes.get((method, *pattern.shape))
        return pattern.reserved if other is None else f"{other} answers the same requests"

    def add(self, key: str, route: dict[str, Any], origin: At) -> None:
        """Add the route ``METHOD /path``."""
        self.routes[key] = route
        self.origins[key] = origin
        method, _, path = key.partition(" ")
        pattern = parse_pattern(path)
        assert isinstance(pattern, Pattern), "what has no pattern is refused"
        self._shapes[method, *pattern.shape] = key

    def drop(self, key: str) -> None:
        """Remove a route again."""
        del self.routes[key], self.origins[key]

    @property
    def called(self) -> dict[str, dict[str, Any]]:
        """The upstreams that a route calls."""
        names = {name for route in self.routes.values() for name in upstreams_of(route)}
        return {name: settings for name, settings in self.upstreams.items() if name in names}

    def text(self, header: str) -> str:
        """It as YAML under *header* as a comment, without the upstreams that no route calls."""
        settings = {"server": self.server, "defaults": self.defaults}
        document: dict[str, Any] = {name: said for name, said in settings.items() if said}
        document |= {"upstreams": self.called, "routes": self.routes}
        comment = "".join(f"# {line}\n" for line in header.splitlines())
        return comment + yaml_text(_escaped(document))


def upstreams_of(route: dict[str, Any]) -> set[str]:
    """The names of the upstreams that a drafted route calls."""
    calls = [{"get": route["proxy"]["to"]}] if "proxy" in route else route["steps"].values()
    return {name for call in calls if (name := step_upstream(call)) is not None}


def step_upstream(step: dict[str, Any]) -> str | None:
    """The name of the upstream that a drafted step calls."""
    if "upstream" in step:
        return str(step["upstream"])
    call = next((str(step[verb]) for verb in VERBS if verb in step), None)
    return None if call is None else call.partition("?")[0].partition("/")[0]


def literal(value: Any) -> Any:
    """*value* as a JSON template that means exactly it: braces in texts are doubled."""
    if isinstance(value, dict):
        return {literal(key): literal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [literal(item) for item in value]
    return value.replace("{", "{{").replace("}", "}}") if isinstance(value, str) else value


def _escaped(value: Any) -> Any:
    """*value* with every ``${`` written so that it stays one."""
    if isinstance(value, dict):
        return {key: _escaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    if isinstance(value, str) and not isinstance(value, Variable):
        return value.replace("${", "$${")
    return value
