"""``gateway run`` as a process: what it prints, how it stops, and when it refuses to start."""

import json
import signal
import socket
import threading
import time
import urllib.request
from contextlib import closing
from http.client import HTTPConnection

import pytest

from tests.support.gateways import gateway_process
from tests.support.processes import listens, stopped_in, until


class Upstream:
    """A blocking upstream in a thread: answers after *delay* seconds; ``asked`` counts what came."""

    def __init__(self, delay):
        self.delay = delay
        self.asked = 0
        self.answered = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with connection:
            connection.recv(65536)
            self.asked += 1
            time.sleep(self.delay)
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\n[42]")
                if connection.recv(1) == b"":
                    self.answered += 1
            except OSError:
                pass


CONFIG = """
upstreams: { a: { url: "${URL}", timeout: 20s } }
routes:
  GET /x: { time_limit: 30s, steps: { x: { get: a/x } } }
  POST /order: { time_limit: 30s, steps: { x: { post: a/x } } }
"""


def answer_of(process, target="/x", method="GET", headers=()):
    with closing(HTTPConnection("127.0.0.1", process.port, timeout=20)) as client:
        client.request(method, target, headers=dict(headers))
        answer = client.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()


class Asking(threading.Thread):
    """Asks in the background; ``got`` is the answer, or the exception."""

    def __init__(self, *arguments, **options):
        super().__init__(daemon=True)
        self.arguments, self.options = arguments, options
        self.got = None
        self.start()

    def run(self):
        try:
            self.got = answer_of(*self.arguments, **self.options)
        except Exception as fault:
            self.got = fault


def output_of(process):
    process.wait(15)
    return process.stdout.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_flight_are_answered_before_it_stops(tmp_path, number):
    with Upstream(0.8) as up, gateway_process(CONFIG, tmp_path, env={"URL": up.url}) as process:
        asking = [Asking(process) for _ in range(3)]
        until(lambda: up.asked == 3)
        process.send_signal(number)
        until(lambda: not listens(process.port), 1.0, "the port closed")
        for each in asking:
            each.join(5)
            status, headers, body = each.got
            assert (status, json.loads(body)) == (200, {"x": [42]})
            assert headers["connection"] == "close"
        assert process.wait(5) == 0
        assert "Traceback" not in output_of(process)


def test_a_second_signal_stops_at_once(tmp_path):
    with Upstream(15) as up, gateway_process(CONFIG, tmp_path, env={"URL": up.url}) as process:
        asking = Asking(process)
        until(lambda: up.asked == 1)
        process.send_signal(signal.SIGINT)
        until(lambda: not listens(process.port), 1.0, "the port closed")
        assert stopped_in(process, signal.SIGINT) < 2.0
        asking.join(5)
        assert isinstance(asking.got, Exception) or asking.got[0] == 502
        assert "Traceback" not in output_of(process)


def test_a_second_signal_does_not_wait_for_calls_in_the_background(tmp_path):
    with Upstream(15) as up, gateway_process(CONFIG, tmp_path, env={"URL": up.url}) as process:
        status, *_ = answer_of(process, "/order", "POST", [("x-request-timeout-ms", "100")])
        assert status == 504
        process.send_signal(signal.SIGTERM)
        until(lambda: not listens(process.port), 1.0, "the port closed")
        time.sleep(0.3)
        assert process.poll() is None  # it drains
        assert stopped_in(process, signal.SIGTERM) < 2.0
        assert "Traceback" not in output_of(process)


def test_calls_in_the_background_end_well_before_it_stops(tmp_path):
    with Upstream(1.0) as up, gateway_process(CONFIG, tmp_path, env={"URL": up.url}) as process:
        status, *_ = answer_of(process, "/order", "POST", [("x-request-timeout-ms", "100")])
        assert status == 504
        assert stopped_in(process, signal.SIGTERM) > 0.3
        until(lambda: up.answered == 1, 2.0, "the whole answer was read")
        assert process.returncode == 0


def test_it_says_where_it_listens_and_which_token_operators_need(tmp_path):
    with gateway_process(CONFIG, tmp_path, env={"URL": "http://127.0.0.1:9"}) as process:
        with urllib.request.urlopen(f"http://127.0.0.1:{process.admin_port}/metrics") as metrics:
            assert b"gateway_" in metrics.read()
        status, headers, _ = answer_of(process, "/health/ready")
        assert status == 200
        assert "server" not in {name.lower() for name in headers}
        assert stopped_in(process, signal.SIGTERM) < 3.0
        text = output_of(process)
        assert f"gateway on http://127.0.0.1:{process.port}" in text
        assert f"admin on http://127.0.0.1:{process.admin_port}" in text
        assert text.count("operator token: ") == 1
        assert process.returncode == 0


def test_a_token_that_was_set_is_not_printed(tmp_path):
    env = {"URL": "http://127.0.0.1:9", "GATEWAY_OPERATOR_TOKEN": "very-secret"}
    with gateway_process(CONFIG, tmp_path, env=env) as process:
        process.terminate()
        assert "secret" not in output_of(process)


def test_a_port_that_is_taken_is_told_and_exits_1(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for option in ("--port", "--admin-port"):
            with gateway_process(
                CONFIG, tmp_path, option, str(port), env={"URL": "http://127.0.0.1:9"}, listens=False
            ) as process:
                text = output_of(process)
                assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in text
                assert "Traceback" not in text
                assert "ResourceWarning" not in text
                assert process.returncode == 1


def test_a_faulty_configuration_is_told_with_all_its_faults_and_exits_2(tmp_path):
    config = CONFIG.replace("20s", "20").replace("get: a/x", "get: b/x")
    with gateway_process(config, tmp_path, env={"URL": "http://127.0.0.1:9"}, listens=False) as process:
        text = output_of(process)
        assert process.returncode == 2
        assert "gateway.yaml:2:" in text
        assert "20" in text
        assert "Traceback" not in text


@pytest.mark.parametrize("token", [None, ""])
def test_an_open_admin_listener_without_a_token_is_refused(tmp_path, token):
    env = {"URL": "http://127.0.0.1:9"} | ({} if token is None else {"GATEWAY_OPERATOR_TOKEN": token})
    with gateway_process(CONFIG, tmp_path, "--admin-host", "0.0.0.0", env=env, listens=False) as process:
        until(lambda: process.poll() is not None, 8.0, "the refusal")
        assert process.returncode == 2
        assert "GATEWAY_OPERATOR_TOKEN" in output_of(process)


def test_slots_beyond_the_limit_of_open_files_are_warned_of(tmp_path):
    config = CONFIG.replace("timeout: 20s", "bulkhead: { slots: 1000000, waiting: 1 }")
    config = config.replace(
        "upstreams: {", "upstreams: { b: { url: http://h, bulkhead: { slots: 1000000 } },"
    )
    with gateway_process(config, tmp_path, env={"URL": "http://127.0.0.1:9"}) as process:
        process.terminate()
        assert "exceed the limit of open files" in output_of(process)


def test_the_command_line_checks_and_explains(tmp_path):
    with gateway_process(CONFIG, tmp_path, "--docs", "public", env={"URL": "http://127.0.0.1:9"}) as process:
        assert answer_of(process, "/docs")[0] == 200
        assert answer_of(process, "/openapi.json")[0] == 200
