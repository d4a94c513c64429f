"""The upstreams of the rows: one nginx worker on three ports, answers of ~200 B and ~14 kB; and slow ones.

Keep-alive without bound, no logs. They count requests, so that a row can prove that it made its calls.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from bench.machine import Machine
from bench.processes import Process, free_port

QUIET = 0.05
"""Seconds without a request after which the upstreams count as left alone."""

ITEMS = 50
"""How many items a list has; ``/batch`` has something for each of them, by its number."""

PARTS = 30
"""How many small answers there are: ``/part/1`` … ``/part/30``."""

USER = 7
"""The user id that every row asks for."""

_CONF = """
daemon off;
{user}
worker_processes 1;
pid {root}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  default_type application/json;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=64 inactive=1h;
  open_file_cache_valid 1h;
  client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
  uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
  server {{
{listens}
    root {root};
    location = /count {{ stub_status; }}
{locations}
  }}
}}
"""


_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class Seen(msgspec.Struct, frozen=True):
    """What a slow upstream was asked so far, and the most requests that it held at once."""

    requests: int
    most: int


def small(part: int) -> dict[str, Any]:
    """The ~200 B answer number *part*; ``next`` names the part that a dependent call asks for."""
    return {
        "id": part,
        "name": f"Part {part} of the answer",
        "segment": "frequent-buyer",
        "email": f"user{part}@example.org",
        "active": True,
        "score": 0.1 + part,
        "tags": ["alpha", "beta", "gamma"],
        "since": "2021-04-05T06:07:08Z",
        "next": part % PARTS + 1,
    }


def large(part: int) -> dict[str, Any]:
    """The ~14 kB answer number *part*: a list of orders."""
    orders = [
        {
            "order_id": 100_000 + number,
            "sku": f"SKU-{number:05}",
            "amount": number * 1.25,
            "status": "delivered",
        }
        for number in range(190)
    ]
    return {"part": part, "orders": orders}


def encoded(value: Any) -> bytes:
    """Compact JSON, as the upstreams send it."""
    return json.dumps(value, separators=(",", ":")).encode()


class Upstreams:
    """nginx, started in *root*. A context manager; ``urls`` are its three addresses."""

    def __init__(self, machine: Machine, root: Path) -> None:
        ports = [free_port() for _ in range(3)]
        self.urls = tuple(f"http://127.0.0.1:{port}" for port in ports)
        for part in range(1, 4):
            (root / f"large-{part}").write_bytes(encoded(large(part)))
        (root / "batch").write_bytes(encoded({str(item): small(item) for item in range(1, ITEMS + 1)}))
        conf = root / "nginx.conf"
        conf.write_text(_configuration(root, ports))
        command = [machine.nginx, "-p", str(root), "-c", str(conf), "-e", "stderr"]
        self._process = Process(command, machine.load_core, root / "nginx.log")
        self._first_port = ports[0]
        self._asked = 0

    def requests(self) -> int:
        """How many requests nginx has answered since its start, without those of this method.

        Returns when no more arrive: a server under test may go on with what its clients left behind.
        """
        seen, now = -1, self._requests_now()
        while seen != now:
            time.sleep(QUIET)
            seen, now = now, self._requests_now()
        return now

    def _requests_now(self) -> int:
        with _open(f"{self.urls[0]}/count") as answer:
            status = answer.read().decode()
        self._asked += 1
        return counted(status) - self._asked

    def __enter__(self) -> Self:
        try:
            self._process.wait_until_it_listens(self._first_port)
        except BaseException:
            self._process.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()


class Delayed:
    """Slow upstreams on *ports* ports (``bench.delayed``), all in one process. A context manager.

    Answers take *delay* seconds; ``stall`` is how long they stand still in the end of every so many seconds.
    """

    def __init__(
        self, machine: Machine, root: Path, delay: float, *, ports: int = 1, stall: Sequence[float] = ()
    ) -> None:
        taken = [free_port() for _ in range(ports)]
        self.urls = tuple(f"http://127.0.0.1:{port}" for port in taken)
        command = [sys.executable, "-m", "bench.delayed", ",".join(map(str, taken)), str(delay)]
        log = root / f"delayed-{taken[0]}.log"
        env = {"PYTHONPATH": str(Path(__file__).parent.parent)}
        self._process = Process([*command, *map(str, stall)], machine.load_core, log, env)
        self._last_port = taken[-1]

    def seen(self) -> Seen:
        """What it was asked so far."""
        with _open(f"{self.urls[0]}/count") as answer:
            return msgspec.json.decode(answer.read(), type=Seen)

    def __enter__(self) -> Self:
        try:
            self._process.wait_until_it_listens(self._last_port)
        except BaseException:
            self._process.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()


def counted(status: str) -> int:
    """The number of requests in the text of nginx's status page."""
    found = re.search(r"^\s*\d+\s+\d+\s+(\d+)\s*$", status, re.MULTILINE)
    if found is None:
        raise ValueError(f"not an nginx status page: {status!r}")
    return int(found[1])


def _configuration(root: Path, ports: list[int]) -> str:
    answers = {f"/part/{part}": encoded(small(part)).decode() for part in range(1, PARTS + 1)}
    answers[f"/users/{USER}"] = encoded(small(1)).decode()
    locations = [f"    location = {path} {{ return 200 '{body}'; }}" for path, body in answers.items()]
    return _CONF.format(
        root=root,
        # Workers of a root-started nginx would become nobody, who may not read a private directory.
        user="user root;" if os.geteuid() == 0 else "",
        listens="\n".join(f"    listen 127.0.0.1:{port};" for port in ports),
        locations="\n".join(locations),
    )
