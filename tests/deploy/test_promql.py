"""The reader of PromQL finds what an expression asks for, and what of that is never exposed."""

import pytest

from tests.support.promql import Exposed, asked_by

EXPOSED = Exposed(
    [
        ("requests_total", {"route": "GET /x", "status": "200"}),
        ("requests_total", {"route": "GET /x", "status": "504"}),
        ("state", {"upstream": "u", "state": "open"}),
    ],
    {"state": {"closed"}},
)


def test_metrics_matchers_and_groups_are_found():
    asked = asked_by('sum by (route, le) (rate(a_total{x="1",y=~"2|3"}[5m])) / on (job) b > 0.5 or vector(0)')

    assert asked.selectors == [("a_total", [("x", "=", "1"), ("y", "=~", "2|3")]), ("b", [])]
    assert asked.labels == {"route", "le", "job"}


def test_groups_may_stand_behind():
    assert asked_by("sum(a) by (x)").labels == {"x"}


@pytest.mark.parametrize(
    "expression",
    ['sum by (job, route) (rate(requests_total{status=~"5.."}[5m]))', 'state{state!="closed"} == 1',
     'requests_total{route=~"$route",instance="a"}', 'state{state=~"open|closed"}'],
)  # fmt: skip
def test_what_is_exposed_is_no_fault(expression):
    assert EXPOSED.faults(expression) == []


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("rate(request_total[5m])", "no metric request_total"),
        ('requests_total{code="200"}', "requests_total has no label code"),
        ('requests_total{code=~"$code"}', "requests_total has no label code"),
        ('requests_total{status="500"}', "status of requests_total is never 500"),
        ('state{state=~"open|opened"}', "state of state is never opened"),
        ("sum by (step) (state)", "no label step to group by"),
        ("sum(state) by (step)", "no label step to group by"),
    ],
)
def test_what_is_never_exposed_is_told(expression, fault):
    assert EXPOSED.faults(expression) == [fault]


@pytest.mark.parametrize(
    "expression", ["sum(a", "a{x=1}", "rat(a[5m])", "a ! b", 'a{x="1}', "suum by (x) (a)"]
)
def test_what_makes_no_sense_is_refused(expression):
    with pytest.raises(ValueError):
        asked_by(expression)
