"""The servers under test are what the rows say they are."""

import subprocess
import sys

import pytest

from bench import configs, node
from bench.servers import environment
from gateway.config import load

ENV = environment(["http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"], "http://127.0.0.1:4")


def test_many_routes_are_so_many_and_the_measured_one_stands_among_them(tmp_path):
    config = load(configs.with_routes(100, tmp_path), ENV).config

    assert len(config.routes) == 100
    assert "GET /flat/{user_id:int}" in config.routes


def test_few_and_many_routes_measure_the_same_route(tmp_path):
    few, many = (load(configs.with_routes(count, tmp_path), ENV).config for count in (2, 20))

    key = "GET /flat/{user_id:int}"
    assert few.routes[key] == many.routes[key]


def test_many_slots_leave_everything_else_of_the_bulkhead_at_its_default(tmp_path):
    config = load(configs.with_slots(16_000, tmp_path), ENV).config

    assert {upstream.bulkhead.slots for upstream in config.upstreams.values()} == {16_000}


def test_gateway_without_hang_up_detection_differs_in_that_alone():
    # In a process of its own: the blindfold is for good.
    program = (
        "from bench.unwatched import Blind, blindfold; blindfold()\n"
        "from gateway.edge import endpoint, hangup\n"
        "public = {name for name in vars(hangup.HangUp) if name[0] != '_'} - {'expire'}\n"
        "assert endpoint.HangUp is Blind and public <= set(vars(Blind)), public\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


def test_gateway_without_metrics_counts_nothing_and_is_else_the_same():
    program = (
        "from bench.unmetered import mute; mute()\n"
        "from gateway.outcome import Success\n"
        "from gateway.telemetry.metrics import Metrics\n"
        "metrics = Metrics()\n"
        "metrics.calls('r', 's').record(Success(b''), 1.0)\n"
        "metrics.attempts('u').record(Success(b''), 1.0)\n"
        "metrics.requests('r').record(200, False, 1.0)\n"
        "text = metrics.exposition()[0].decode()\n"
        "ours = [line for line in text.splitlines() if line.startswith('gateway_')]\n"
        "counted = [line for line in ours if line[-2:] != ' 0']\n"
        "assert all(line.endswith(' 0.0') for line in counted), counted\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


def test_node_is_left_out_with_a_reason_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(node.UnavailableError, match="node or npm is not installed"):
        node.installed(tmp_path)
    assert node.versions(tmp_path) == ""
