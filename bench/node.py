"""Installs the Node peer into a directory of the run; npm keeps what it loaded for the next run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import msgspec

_PEER = Path(__file__).with_name("peers") / "node"

INSTALL_WITHIN = 120.0
"""Seconds."""


class UnavailableError(Exception):
    """What a server needs is not on the machine; its rows are left out, with this reason."""


def installed(root: Path) -> list[str]:
    """The command that serves the peer, but for its port. Raises ``UnavailableError``."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise UnavailableError("node or npm is not installed")
    place = root / "node"
    if not place.exists():
        shutil.copytree(_PEER, place)
        command = [npm, "install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]
        try:
            done = subprocess.run(
                command, cwd=place, capture_output=True, text=True, timeout=INSTALL_WITHIN, check=False
            )
        except subprocess.TimeoutExpired:
            raise UnavailableError(f"npm install took longer than {INSTALL_WITHIN:.0f} s") from None
        if done.returncode:
            words = done.stderr.strip().splitlines() or ["no reason given"]
            raise UnavailableError(f"npm install failed: {words[0]}")
    return [node, str(place / "server.js")]


def versions(root: Path) -> str:
    """What was installed, for the report; empty if nothing was."""
    node = shutil.which("node")
    if node is None or not (root / "node" / "node_modules").exists():
        return ""
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    modules = [_version(root, name) for name in ("fastify", "undici")]
    return ", ".join([f"Node {found.removeprefix('v')}", *modules])


def _version(root: Path, name: str) -> str:
    text = (root / "node" / "node_modules" / name / "package.json").read_bytes()
    return f"{name} {msgspec.json.decode(text)['version']}"
