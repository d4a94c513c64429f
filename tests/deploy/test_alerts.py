"""The alert rules ask for metrics and labels that there are; Prometheus itself says when they fire."""

import re
import shutil
import subprocess

import pytest
import yaml

from tests.support.processes import ROOT
from tests.support.promql import OF_THE_SCRAPE, asked_by

FILE = ROOT / "deploy/alerts/gateway.yaml"
GROUPS = yaml.safe_load(FILE.read_text())["groups"]
RULES = [pytest.param(rule, id=rule["alert"]) for group in GROUPS for rule in group["rules"]]
SHOWN = re.compile(r"\$labels\.(\w+)")
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not installed (apt-get install prometheus): the rules are not run"
)


def promtool(*arguments):
    command = [PROMTOOL, *map(str, arguments)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("rule", RULES)
def test_rule_asks_for_what_is_exposed(exposed, rule):
    assert exposed.faults(rule["expr"]) == []


@pytest.mark.parametrize("rule", RULES)
def test_rule_says_how_bad_it_is_what_happened_and_where_to_look(rule):
    assert rule["labels"]["severity"] in ("page", "ticket", "info")
    assert rule["annotations"].keys() == {"summary", "look"}
    assert all(text.endswith((".", "?")) for text in rule["annotations"].values())


@pytest.mark.parametrize("rule", RULES)
def test_rule_shows_labels_that_are_left(exposed, rule):
    asked = asked_by(rule["expr"])
    aggregated = re.match(r"(sum|max|histogram_quantile)\b", rule["expr"])
    left = (
        asked.labels if aggregated else OF_THE_SCRAPE.union(*(exposed.labels[n] for n, _ in asked.selectors))
    )

    assert set(SHOWN.findall(" ".join(rule["annotations"].values()))) <= left


def test_names_are_told_once():
    told = [rule["alert"] for group in GROUPS for rule in group["rules"]]

    assert len(set(told)) == len(told)


@needs_promtool
def test_prometheus_takes_the_rules():
    promtool("check", "rules", FILE)


@needs_promtool
def test_rules_fire_when_they_are_to_and_not_before():
    promtool("test", "rules", ROOT / "tests/deploy/alerts.yaml")
