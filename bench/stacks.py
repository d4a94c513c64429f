"""py-spy's stacks, made readable: frames of C code become the library they belong to, and time is summed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

_FRAME = re.compile(r"^(?P<name>.*) \((?P<file>[^()]*?)(?::\d+)?\)$")

_SYSTEM_CALLS = {"read", "write", "writev", "send", "sendmsg", "recv", "epoll_wait", "epoll_pwait", "close"}

# C sources by the library they are compiled into. Other C code is CPython's own, which is the time of the
# Python function that it works for.
_LIBRARIES = {
    **dict.fromkeys(("loop.c", "core.c", "stream.c", "linux.c", "loop-watcher.c", "timer.c"), "uvloop"),
    **dict.fromkeys(("llhttp.c", "parser.c", "url_parser.c", "api.c", "http.c"), "httptools"),
    "_core.c": "msgspec",
}

# The first that a frame's file starts with names its area.
_AREAS = (
    ("uvicorn/", "uvicorn"),
    ("gateway/edge/", "gateway: edge"),
    ("gateway/plan/", "gateway: plan"),
    ("gateway/layers/", "gateway: layers"),
    ("gateway/sources/", "gateway: sources"),
    ("gateway/transport/", "gateway: transport"),
    ("gateway/", "gateway: the rest"),
)


class Stack(NamedTuple):
    """Frames from the loop inwards, and how many samples had exactly these."""

    frames: tuple[str, ...]
    samples: int


def parsed(raw: str) -> list[Stack]:
    """The stacks of ``py-spy record --format raw --native``, without what stands around the event loop."""
    merged: Counter[tuple[str, ...]] = Counter()
    for line in raw.splitlines():
        text, _, count = line.rpartition(" ")
        names = text.split(";")
        start = next((i for i, name in enumerate(names) if name.startswith("Runner.run ")), -1)
        merged[_readable(names[start + 1 :])] += int(count)
    return [Stack(frames, count) for frames, count in merged.items()]


def own_time(stacks: Iterable[Stack]) -> list[tuple[str, float]]:
    """The share of all time that every function spends itself, the largest first."""
    spent: Counter[str] = Counter()
    for stack in stacks:
        spent[stack.frames[-1] if stack.frames else "uvloop"] += stack.samples
    return _shares(spent)


def by_area(stacks: Iterable[Stack]) -> list[tuple[str, float]]:
    """The share of all time that every area spends itself (kernel, libraries, parts of the gateway)."""
    spent: Counter[str] = Counter()
    for stack in stacks:
        spent[area(stack.frames[-1]) if stack.frames else "uvloop"] += stack.samples
    return _shares(spent)


def area(frame: str) -> str:
    """The area of a readable frame."""
    if frame.startswith("kernel: "):
        return "kernel"
    if frame in _LIBRARIES.values():
        return frame
    found = _FRAME.match(frame)
    file = found["file"] if found else ""
    return next((name for start, name in _AREAS if file.startswith(start)), "other Python")


def _readable(names: Sequence[str]) -> tuple[str, ...]:
    frames: list[str] = []
    for name in names:
        frame = _frame(name)
        if frame and (not frames or frames[-1] != frame):
            frames.append(frame)
    # The loop is around everything: only time of its own is worth a frame.
    return tuple(frames[1:] if len(frames) > 1 and frames[0] == "uvloop" else frames)


def _frame(name: str) -> str:
    """*name* without its line; the library of C code; empty for CPython's own."""
    found = _FRAME.match(name)
    if found is None:
        return ""
    function, file = found["name"], found["file"]
    if file.endswith(".py") or file.startswith("<"):
        return f"{function.replace('<locals>.', '')} ({file})"
    if function in _SYSTEM_CALLS and file.startswith("libc"):
        return f"kernel: {function}"
    return _LIBRARIES.get(file.rpartition("/")[2], "")


def _shares(spent: Mapping[str, int]) -> list[tuple[str, float]]:
    total = sum(spent.values()) or 1
    return sorted(
        ((name, count / total) for name, count in spent.items()), key=lambda each: (-each[1], each[0])
    )
