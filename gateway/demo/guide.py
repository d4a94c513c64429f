"""The text that tells a person what runs where, and what to try."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from gateway.demo.ports import HOST
from gateway.demo.screen import BOLD, DIM, GREEN, Screen

PROFILE: Final = "/user/profile/7"


def welcome(
    screen: Screen,
    ports: Mapping[str, int],
    pids: Mapping[str, int],
    config: Path,
    databases: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Print the addresses of all parts and lines to copy. *ports* and *pids* by part, *databases* by name."""
    screen.say()
    screen.say(screen.paint("The demo runs. Ctrl-C stops it.", GREEN))
    screen.say()
    parts = _addresses(ports, pids, config)
    parts[-1:-1] = [(name, f"{where}  process {pids[name]}") for name, where in databases.items()]
    for name, text in parts:
        screen.say(f"  {screen.paint(f'{name:<16}', BOLD)} {text}")
    screen.say()
    screen.say("Try in another terminal:")
    for reason, command in (*_lines(ports), *_without_database(ports, pids)):
        screen.say()
        screen.say(f"  {screen.paint(f'# {reason}', DIM)}")
        screen.say(f"  {command}")
    screen.say()


def url(port: int, path: str = "") -> str:
    """An address on this machine."""
    return f"http://{HOST}:{port}{path}"


def _addresses(ports: Mapping[str, int], pids: Mapping[str, int], config: Path) -> list[tuple[str, str]]:
    public, admin = ports["gateway"], ports["admin"]
    mocks = [name for name in ports if name not in {"gateway", "admin"}]
    return [
        ("gateway", url(public, PROFILE)),
        ("docs", url(public, "/docs")),
        ("health", url(public, "/health")),
        ("dashboard", url(admin, "/")),
        ("metrics", url(admin, "/metrics")),
        *((name, f"{url(ports[name])}  process {pids[name]}") for name in mocks),
        ("configuration", str(config)),
    ]


def _without_database(ports: Mapping[str, int], pids: Mapping[str, int]) -> list[tuple[str, str]]:
    if "postgres" not in pids:
        return []
    ask = f"curl -si {url(ports['gateway'], PROFILE)}"
    return [("stop the database: the answer comes without the account", f"kill {pids['postgres']} && {ask}")]


def _lines(ports: Mapping[str, int]) -> list[tuple[str, str]]:
    profile, faults = url(ports["gateway"], PROFILE), url(ports["orders"], "/__faults")
    # `xargs` puts what one request printed on one line; `tr` because header lines end in CR
    loop = (
        "for i in $(seq 40); do curl -s -o /dev/null -D - -w 'took %{time_total}s\\n' "
        f"{profile} | tr -d '\\r' | grep -iE '^(gateway-degraded|took)' | xargs; done"
    )
    return [
        ("one answer from four services, a database and a cache", f"curl -s {profile}"),
        (
            "let the order service take 5 seconds",
            f"curl -s -X PUT {faults} -H 'content-type: application/json' -d '{{\"latency_ms\": 5000}}'",
        ),
        ("the answer still comes, without the orders, and says so", f"curl -si {profile}"),
        ("40 requests: the first calls time out, then the circuit opens and answers are quick again", loop),
        ("which upstream is ill", f"curl -s {url(ports['gateway'], '/health')}"),
        (
            "end the fault: once the circuit's open time is over, answers are complete again",
            f"curl -s -X DELETE {faults}",
        ),
    ]
