"""The whole demo: real services, a real gateway, and the database and the cache that it starts by itself."""

import contextlib
import json
import re
import signal
import sys
import urllib.request

import pytest

from tests.support.processes import alive, children_of, free_ports, running, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes left behind in /proc"),
]

PROGRAM = """
import sys
from gateway.demo import run_demo
names = ("users", "orders", "recommendations", "functions")
gateway, admin, *services = map(int, sys.argv[1:])
sys.exit(run_demo(gateway, admin, dict(zip(names, services))))
"""


@contextlib.contextmanager
def demo(**env):
    """A demo that answers; gives its process, its public port and the text until then."""
    ports = free_ports(6)
    with running("-c", PROGRAM, *map(str, ports), env=env) as process:
        try:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if "configuration " in line:
                    break
            yield process, ports[0], "".join(lines)
        finally:
            process.kill()


def family(pid):
    """All processes that came from it."""
    return [each for child in children_of(pid) for each in (child, *family(child))]


def profile(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/user/profile/7") as answer:
        return json.loads(answer.read())


def test_one_answer_has_parts_of_services_a_database_a_cache_and_a_function():
    with demo() as (process, port, text):
        parts = profile(port)["profile"]
        everybody = family(process.pid)
        process.send_signal(signal.SIGINT)
        code = process.wait(20)

    assert parts["account"] == {"plan": "plus", "credit": 554.33, "since": "2020-09-16"}
    assert parts["session"] == {"device": "laptop", "last_page": "/", "pages": "8"}
    assert parts["score"]["user_id"] == 7
    assert parts["basic_info"]["id"] == 7
    assert re.search(r"postgres +postgresql://postgres@127\.0\.0\.1:\d+/postgres  process \d+", text)
    assert re.search(r"valkey +redis://127\.0\.0\.1:\d+/0  process \d+", text)
    assert code == 0
    assert len(everybody) > 8
    assert not any(map(alive, everybody))


def test_killed_without_warning_it_leaves_no_server():
    with demo() as (process, _, __):
        everybody = family(process.pid)
        process.kill()
        process.wait(20)
        until(lambda: not any(map(alive, everybody)), limit=8.0, what="the end of all servers")


def test_where_a_server_cannot_start_the_demo_says_so_and_goes_on(tmp_path):
    with demo(DEMO_POSTGRES_BIN=str(tmp_path)) as (_, port, text):
        degraded = profile(port)["degraded"]

    assert "postgres stopped by itself" in text
    assert "The demo goes on without postgres: answers are degraded by the step account." in text
    assert degraded == {"account": {"cause": "unreachable", "served": "nothing"}}


def test_real_servers_are_used_in_place_of_own_ones():
    nobody = f"127.0.0.1:{free_ports(1)[0]}"
    environ = {"DATABASE_URL": f"postgresql://x@{nobody}/x", "REDIS_URL": f"redis://{nobody}/0"}
    with demo(**environ) as (_, port, text):
        degraded = profile(port)["degraded"]

    assert "gateway.demo" not in text
    assert not re.search(r"(valkey|postgres) .*process", text)
    assert set(degraded) == {"account", "session"}
