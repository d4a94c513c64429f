"""A real Prometheus scrapes the gateway and answers every question of the dashboard and the alerts."""

import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

import pytest
import yaml

from tests.support.processes import ROOT, STOP_LIMIT, free_ports, until

PROMETHEUS = shutil.which("prometheus")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        PROMETHEUS is None, reason="prometheus is not installed (apt-get install prometheus): nobody scrapes"
    ),
]
BOARD = json.loads((ROOT / "deploy/grafana/gateway.json").read_text())
ALERTS = ROOT / "deploy/alerts/gateway.yaml"
VARIABLE = re.compile(r"\$(job|instance|upstream|route)\b")


def _plain(target):
    """The expression with everything chosen."""
    return VARIABLE.sub(".*", target["expr"]).replace("$__rate_interval", "1m")


def questions():
    """Every expression of the dashboard, for all there is, and of the alerts."""
    targets = [(panel["title"], each) for panel in BOARD["panels"] for each in panel.get("targets", ())]
    for title, target in targets:
        yield pytest.param(_plain(target), id=f"{title} {target['refId']}")
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            yield pytest.param(rule["expr"], id=rule["alert"])


class Prometheus:
    """Where it listens."""

    def __init__(self, port):
        self.port = port

    def get(self, path, **query):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)["data"]

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5):
                return True
        except OSError:
            return False

    def ask(self, expression):
        return self.get("query", query=expression)["result"]


@pytest.fixture(scope="module")
def prometheus(running, tmp_path_factory):
    folder, [port] = tmp_path_factory.mktemp("prometheus"), free_ports(1)
    target = {"job_name": "gateway", "static_configs": [{"targets": [f"127.0.0.1:{running.admin_port}"]}]}
    config = {
        "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
        "scrape_configs": [target],
        "rule_files": [str(ALERTS)],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = [PROMETHEUS, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    process = subprocess.Popen(command)
    try:
        found = Prometheus(port)
        until(found.ready, what="Prometheus")
        until(lambda: found.ask("count_over_time(gateway_build_info[1m]) >= 3"), what="three scrapes")
        yield found
    finally:
        process.terminate()
        process.wait(STOP_LIMIT)


def test_scrapes_succeed_in_openmetrics(prometheus):
    [target] = prometheus.get("targets")["activeTargets"]

    assert (target["health"], target["lastError"]) == ("up", "")


@pytest.mark.parametrize("expression", [*questions()])
def test_expression_is_answered(prometheus, expression):
    prometheus.ask(expression)  # a fault would be a status of 400


def test_dashboard_has_something_to_show(prometheus):
    panels = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
    empty = {
        panel["title"] for panel in panels if not any(map(prometheus.ask, map(_plain, panel["targets"])))
    }

    assert empty == set()
