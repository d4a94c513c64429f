"""The Grafana dashboard asks for metrics and labels that there are, and shows all there is to see."""

import json
import re

import pytest

from gateway.telemetry import names
from gateway.telemetry.exposition import exposed as exposed_name
from gateway.telemetry.names import Name
from tests.support.processes import ROOT
from tests.support.promql import OF_THE_SCRAPE, asked_by

BOARD = json.loads((ROOT / "deploy/grafana/gateway.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
TARGETS = [
    pytest.param(target, id=f"{panel['title']} {target['refId']}")
    for panel in PANELS
    for target in panel["targets"]
]
VARIABLES = {each["name"]: each for each in BOARD["templating"]["list"]}
LABELS = re.compile(r"\{\{(\w+)\}\}")
LOOK_UP = re.compile(r"label_values\((.+), (\w+)\)")


@pytest.mark.parametrize("target", TARGETS)
def test_expression_asks_for_what_is_exposed(exposed, target):
    assert exposed.faults(target["expr"]) == []


@pytest.mark.parametrize("target", TARGETS)
def test_legend_shows_labels_that_are_left(target):
    asked = asked_by(target["expr"])

    assert set(LABELS.findall(target["legendFormat"])) <= (asked.labels or OF_THE_SCRAPE) | OF_THE_SCRAPE


@pytest.mark.parametrize("target", TARGETS)
def test_every_metric_is_narrowed_to_the_chosen_gateways(target):
    for name, matchers in asked_by(target["expr"]).selectors:
        narrowed = {value for label, _, value in matchers if label in OF_THE_SCRAPE}
        assert narrowed == {"$job", "$instance"} or name == "gateway_build_info"


def test_choices_are_labels_that_are_exposed(exposed):
    queries = {name: each["query"]["query"] for name, each in VARIABLES.items() if each["type"] == "query"}

    assert set(queries) == {"job", "instance", "upstream", "route"}
    for query in queries.values():
        selector, label = LOOK_UP.fullmatch(query).groups()
        [(metric, _)] = asked_by(selector).selectors
        assert exposed.faults(selector) == []
        assert label in exposed.labels[metric] | OF_THE_SCRAPE


def test_marks_are_made_of_what_is_exposed(exposed):
    for each in BOARD["annotations"]["list"]:
        assert exposed.faults(each["expr"]) == []


def test_variables_that_are_used_are_there():
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(BOARD)))

    assert used - set(VARIABLES) == {"__rate_interval", "__all"}


def test_every_metric_is_on_the_board_but_for_those_that_say_nothing_more():
    shown = {
        name for panel in PANELS for each in panel["targets"] for name, _ in asked_by(each["expr"]).selectors
    }
    shown = {re.sub(r"_(bucket|count|sum)$", "", name) for name in shown}
    every = {exposed_name(value) for value in vars(names).values() if isinstance(value, Name)}

    assert every - shown == {
        "gateway_address_ejections_total",  # gateway_address_ejected
        "gateway_address_state",  # gateway_address_weight
        "gateway_batch_waiters",  # gateway_batch_calls_total
        "gateway_batches",  # gateway_batches_sent_total
        "gateway_cache_refreshing",  # gateway_flights_begun_total
        "gateway_flight_waiters",  # gateway_flights_joined_total
        "gateway_flights",  # gateway_flights_begun_total
        "gateway_hint_board_total",  # gateway_breaker_hints_total
        "gateway_listener_errors_total",  # bugs: the log has them
        "gateway_pool_limit",  # gateway_bulkhead_slots
        "gateway_store_copies",  # gateway_store_bytes
        "gateway_store_reconnects_total",  # gateway_store_links
        "gateway_store_writes_total",  # gateway_store_reads_total
    }


def test_panels_do_not_lie_on_each_other_and_have_names_of_their_own():
    taken = set()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)
    assert all(panel["description"] for panel in PANELS)
