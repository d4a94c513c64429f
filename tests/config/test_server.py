import ipaddress

import pytest

from gateway.config import load_text
from tests.config.sample import UPSTREAMS, faults_of


def server(settings=""):
    text = f"{settings}\n{UPSTREAMS}routes: {{ GET /x: {{ steps: {{ a: {{ get: users }} }} }} }}\n"
    return load_text(text, {}).config.server


def test_defaults_are_the_contracts():
    read = server()

    assert (read.time_limit, read.max_body, read.max_buffered) == (2.0, 2**20, 512 * 2**20)
    assert read.expose == {"degraded", "timing"}
    assert (read.trust, read.access_log, read.docs) == ((), "problems", None)


def test_every_setting_is_read():
    read = server(
        "server: { expose: [timing], trust: [10.0.0.0/8], access_log: off, docs: admin, max_body: 1KiB }"
    )

    assert read.expose == {"timing"}
    assert read.trust == (ipaddress.ip_network("10.0.0.0/8"),)
    assert (read.access_log, read.docs, read.max_body) == ("off", "admin", 1024)


def test_off_reveals_nothing():
    assert server("server: { expose: off }").expose == frozenset()
    assert server("server: { docs: off }").docs == "off"


def test_time_limit_is_never_off():
    assert faults_of(server, "server: { time_limit: off }") == ["time_limit: `off` is not a duration"]


def test_header_of_the_time_limit_is_a_name_of_its_own_or_off():
    assert server().timeout_header == "x-request-timeout-ms"
    assert server("server: { timeout_header: X-Envoy-Expected-Rq-Timeout-Ms }").timeout_header == (
        "x-envoy-expected-rq-timeout-ms"
    )
    assert server("server: { timeout_header: off }").timeout_header is None


@pytest.mark.parametrize("name", ["Host", "cookie", "x-request-id", "Authorization"])
def test_header_that_means_something_else_says_no_time_limit(name):
    [fault] = faults_of(server, f"server: {{ timeout_header: {name} }}")

    assert fault == f"timeout_header: `{name.lower()}` is a header for something else"


def test_heads_may_have_64_kib_unless_it_says_so():
    assert (server().max_head, server("server: { max_head: 8KiB }").max_head) == (65536, 8192)


def test_clients_have_a_minute_to_read_some_of_an_answer_unless_it_says_so():
    assert (server().send_timeout, server("server: { send_timeout: 5s }").send_timeout) == (60.0, 5.0)


def test_heads_have_10_seconds_unless_it_says_so_and_never_any_time():
    assert (server().head_timeout, server("server: { head_timeout: 3s }").head_timeout) == (10.0, 3.0)
    assert faults_of(server, "server: { head_timeout: off }") == ["head_timeout: `off` is not a duration"]
