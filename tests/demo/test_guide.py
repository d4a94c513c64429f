"""The guide names every part and gives lines that can be copied."""

import io
import shlex
from pathlib import Path

from gateway.demo.guide import welcome
from gateway.demo.screen import Screen

PORTS = {"gateway": 8080, "admin": 9901, "users": 9101, "orders": 9102, "recommendations": 9103}
DATABASES = {"postgres": "postgresql://postgres@127.0.0.1:50001/postgres"}


def printed():
    out = io.StringIO()
    pids = dict.fromkeys((*PORTS, *DATABASES), 4711)
    welcome(Screen(out), PORTS, pids, Path("/etc/gateway.yaml"), DATABASES)
    return out.getvalue()


def test_every_part_is_named_with_its_address():
    text = printed()
    for address in (
        "http://127.0.0.1:8080/user/profile/7",
        "http://127.0.0.1:8080/docs",
        "http://127.0.0.1:8080/health",
        "http://127.0.0.1:9901/",
        *(f"http://127.0.0.1:{port}  process 4711" for port in (9101, 9102, 9103)),
        "postgresql://postgres@127.0.0.1:50001/postgres  process 4711",
        "/etc/gateway.yaml",
    ):
        assert address in text


def test_every_command_is_one_line_that_a_shell_can_read():
    starts = ("  curl", "  for", "  kill")
    commands = [line.strip() for line in printed().splitlines() if line.startswith(starts)]
    assert len(commands) == 7
    for command in commands:
        assert "curl" in shlex.split(command)
    assert sum(command.startswith("for i in $(seq 40)") for command in commands) == 1


def test_the_fault_is_put_on_the_orders_and_taken_away_again():
    text = printed()
    put = "curl -s -X PUT http://127.0.0.1:9102/__faults -H 'content-type: application/json' -d "
    assert put + """'{"latency_ms": 5000}'""" in text
    assert "-X DELETE http://127.0.0.1:9102/__faults" in text


def test_a_demo_without_a_database_of_its_own_has_none_to_stop():
    out = io.StringIO()
    welcome(Screen(out), PORTS, dict.fromkeys(PORTS, 4711), Path("/etc/gateway.yaml"))

    assert "kill" not in out.getvalue()
