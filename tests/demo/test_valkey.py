"""The demo's Valkey by itself."""

import signal

import redis

from gateway.demo.programs import valkey_url
from gateway.demo.valkey import SESSIONS, commands
from tests.support.processes import free_ports, running, stopped_in, until


def test_every_session_is_one_command():
    lines = commands().split(b"\r\n")

    assert len(lines) == SESSIONS + 1
    assert lines[6] == b"HSET session:7 device laptop last_page / pages 8"


def test_it_has_the_sessions_once_it_answers():
    [port] = free_ports(1)
    with running("-m", "gateway.demo.valkey", "--port", str(port), ports=(port,)) as process:
        with redis.Redis.from_url(valkey_url(port), decode_responses=True) as client:
            until(lambda: client.dbsize() == SESSIONS)
            session = client.hgetall("session:7")
        assert stopped_in(process, signal.SIGTERM) < 3.0

    assert session == {"device": "laptop", "last_page": "/", "pages": "8"}
    assert process.returncode == 0
