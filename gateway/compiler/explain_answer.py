"""What ``explain`` tells of a route's answer: what it is made of, in which forms, and what is passed on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.compiler.words import seconds, size
from gateway.config import ABSENT, BY_PARTS

if TYPE_CHECKING:
    from gateway.compiler.routes import CompiledRoute
    from gateway.config import ForwardSpec, ProxySpec


def explain_answer(route: CompiledRoute) -> Iterable[str]:
    """The lines."""
    spec = route.spec
    if spec.proxy is not None:
        yield "  answers      as the upstream does, passed on piece by piece"
        yield from _passing(spec.proxy)
        return
    yield f"  answers      {_answer(route)}"
    if spec.forms:
        yield f"  produces     {_forms(spec.forms)}"


def _answer(route: CompiledRoute) -> str:
    spec = route.spec
    if spec.merge is not None:
        how = "merged deeply" if spec.merge.deep else "merged"
        return f"{spec.status}, {', '.join(spec.merge.steps)} {how}; on conflict: {spec.merge.on_conflict}"
    return f"{spec.status}, {'every part by its name' if spec.respond is ABSENT else 'as respond says'}"


def _forms(forms: tuple[str, ...]) -> str:
    first, *others = forms
    words = [f"{first} by default", *others]
    parts = [form for form in forms if form in BY_PARTS]
    told = f"; {' and '.join(parts)}: every part when it is ready" if parts else ""
    return ", ".join(words) + told


def _passing(proxy: ProxySpec) -> Iterable[str]:
    yield f"  forwards     {_forwarded(proxy.forward)}"
    if proxy.withhold:
        yield f"  withholds    {', '.join(name.lower() for name in proxy.withhold)}"
    most = "any size" if proxy.max_body is None else f"up to {size(proxy.max_body)}"
    yield f"  streams      bodies of {most}; each piece within {seconds(proxy.idle_timeout)}"


def _forwarded(forward: ForwardSpec) -> str:
    words = ["what describes the body and the answer wanted"]
    words += [f"headers {', '.join(forward.headers)}"] if forward.headers else []
    words += [f"cookies {', '.join(forward.cookies)}"] if forward.cookies else []
    if forward.query is None:
        words.append("the whole query")
    elif forward.query:
        words.append(f"parameters {', '.join(forward.query)}")
    return "; ".join(words)
