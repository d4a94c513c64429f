"""A row counts only if its answers are right and its upstream calls were really made."""

import itertools

import pytest

from bench.rounds import OFTEN, in_turn, miscounted
from bench.rows import ROWS, chosen
from bench.servers import mismatch
from bench.upstreams import counted, encoded, large, small

CONNECTIONS = 32
_, GATEWAY = chosen(["gateway-3"])

STATUS = """Active connections: 33
server accepts handled requests
 97 97 31520
Reading: 0 Writing: 1 Waiting: 32
"""


def test_rows_with_a_target_come_several_times_in_a_round_and_the_others_once():
    turns = [row.name for row in in_turn(ROWS[1:])]

    assert set(turns) == {row.name for row in ROWS[1:]}
    assert {name: turns.count(name) for name in ("gateway-30", "routes-1000", "routes-10", "node")} == {
        "gateway-30": OFTEN, "routes-1000": OFTEN, "routes-10": OFTEN, "node": 1,
    }  # fmt: skip
    places = [place for place, name in enumerate(turns) if name == "gateway-30"]
    assert min(later - place for place, later in itertools.pairwise(places)) >= len(turns) // OFTEN - 1


def test_few_rows_are_all_there():
    assert [row.name for row in in_turn(chosen(["node"])[1:])] == ["node"]


def test_requests_are_read_from_the_status_page_of_nginx():
    assert counted(STATUS) == 31520


def test_another_page_is_not_a_count():
    with pytest.raises(ValueError, match="not an nginx status page"):
        counted("<html>404</html>")


@pytest.mark.parametrize("seen", [300, 300 + 3 * CONNECTIONS])
def test_calls_of_requests_under_way_at_the_end_are_allowed_for(seen):
    assert miscounted(seen, requests=100, calls=3, connections=CONNECTIONS) == ""


@pytest.mark.parametrize("seen", [0, 299, 301 + 3 * CONNECTIONS])
def test_calls_that_were_skipped_or_made_twice_are_a_fault(seen):
    assert (
        miscounted(seen, requests=100, calls=3, connections=CONNECTIONS)
        == f"100 requests made {seen} upstream calls instead of 300"
    )


def test_right_answer_matches_whatever_its_spacing_and_order():
    body = encoded({key: GATEWAY.expected[key] for key in reversed(list(GATEWAY.expected))})

    assert mismatch(body, GATEWAY) == ""


def test_missing_part_is_a_mismatch():
    incomplete = {"user_id": 7, "parts": GATEWAY.expected["parts"] | {"p2": None}}

    assert mismatch(encoded(incomplete), GATEWAY).startswith("not the expected answer")


def test_degraded_answer_is_a_mismatch():
    assert mismatch(encoded(GATEWAY.expected | {"degraded": {}}), GATEWAY)


def test_answer_that_is_not_json_is_a_mismatch():
    assert "not JSON" in mismatch(b"Internal Server Error", GATEWAY)


def test_upstream_answers_have_the_sizes_that_the_labels_say():
    assert 180 <= len(encoded(small(1))) <= 220
    assert 13_500 <= len(encoded(large(1))) <= 14_500


def test_every_row_has_a_name_of_its_own():
    assert len({row.name for row in ROWS}) == len(ROWS)
