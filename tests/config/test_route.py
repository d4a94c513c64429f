import pytest

from gateway.config import ABSENT
from gateway.config.faults import Wrong
from gateway.config.route import RESERVED, ROOTS, status, step_name
from tests.config.sample import faults_of, with_route


def test_defaults_are_the_contracts():
    route = with_route("summary: A")

    assert (route.time_limit, route.status, route.degraded, route.max_body) == (2.0, 200, "body", 2**20)
    assert (route.respond, route.merge, route.headers, route.summary) == (ABSENT, None, {}, "A")


def test_steps_keep_the_order_they_were_written_in():
    assert list(with_route("steps: { b: { get: users }, a: { get: users }, c: { get: users } }").steps) == [
        "b",
        "a",
        "c",
    ]


def test_merge_says_steps_conflicts_and_depth():
    merge = with_route("merge: { steps: [b, a], on_conflict: last, deep: true }").merge

    assert (merge.steps, merge.on_conflict, merge.deep) == (("b", "a"), "last", True)


@pytest.mark.parametrize(
    ("merge", "fault"),
    [
        ("{ steps: [] }", "there is nothing to merge"),
        ("{ steps: [a, a] }", "`a` stands here twice"),
        ("{ steps: [a, c] }", "no step is called `c`"),
        ("{ on_conflict: last }", "`steps` is missing in `merge`"),
        ("", "merge: there is no value"),
    ],
)
def test_wrong_merge_is_one_fault(merge, fault):
    assert faults_of(with_route, f"merge: {merge}") == [fault]


@pytest.mark.parametrize("word", sorted(ROOTS | RESERVED))
def test_step_takes_no_name_that_references_begin_with(word):
    with pytest.raises(Wrong, match="reserved"):
        step_name(word)


def test_status_is_a_2xx_with_a_body():
    assert status(201) == 201
    for other in (199, 300, 404, 204, 205, "200", 200.0, True, None):
        with pytest.raises(Wrong):
            status(other)


def test_timeout_of_a_step_is_below_the_time_limit():
    settings = "time_limit: 300ms\n    steps: {{ a: {{ get: users, timeout: {} }} }}"

    assert faults_of(with_route, settings.format("299ms")) == []
    assert faults_of(with_route, settings.format("off")) == []
    for timeout in ("300ms", "1s"):
        told = "a step's timeout must be below the route's time limit, which is 300ms"
        assert faults_of(with_route, settings.format(timeout)) == [told]


def test_timeout_of_an_upstream_may_be_longer_than_a_time_limit():
    assert faults_of(with_route, "time_limit: 300ms") == []
