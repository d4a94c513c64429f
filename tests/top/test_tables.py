"""Rows say what hurts; those in trouble stay when not all fit."""

import pytest
from rich.console import Console

from gateway.top import tables
from tests.support.snapshots import address, bar, request, route, upstream


def lines(table, width=80):
    console = Console(width=width, no_color=True, _environ={})
    with console.capture() as captured:
        console.print(table)
    return captured.get().splitlines()


def state_of(*arguments, **given):
    return tables.upstreams([upstream(*arguments, **given)], 99).columns[1]._cells[0].plain


def style_of(*arguments, **given):
    return tables.upstreams([upstream(*arguments, **given)], 99).columns[1]._cells[0].style


def names_in(table):
    return [cell.plain for cell in table.columns[0]._cells]


def test_open_circuit_counts_down():
    assert state_of("users", "open", open_remaining=4.21) == "open 4.2 s"


def test_open_circuit_whose_time_is_over_counts_no_more():
    assert state_of("users", "recovering", open_remaining=0.0) == "recovering"


def test_forced_state_has_no_countdown():
    assert state_of("users", "forced_open") == "forced-open"


def test_addresses_that_are_out_are_counted():
    addresses = [address(), address(state="open"), address(ejected=True)]

    assert state_of("users", addresses=addresses) == "closed, 2/3 out"


@pytest.mark.parametrize(
    ("state", "style"),
    [("closed", "green"), ("open", "bold red"), ("forced_open", "bold red"), ("half_open", "yellow")],
)
def test_colour_repeats_the_state(state, style):
    assert style_of("users", state) == style


def test_upstream_with_an_address_out_is_not_green():
    assert style_of("users", addresses=[address(), address(state="open")]) == "yellow"


def test_share_of_no_calls_is_unknown():
    row = lines(tables.upstreams([upstream()], 99))[1]

    assert row.split() == ["users", "closed", "0/s", "–", "–", "–", "0/1000", "10"]


def test_no_number_is_cut_at_80_columns():
    worst = upstream(
        "a-name-that-is-far-too-long-for-any-terminal", "half_open", rate=99999.0, errors=0.9999, p50=0.999,
        p99=99.0, in_flight=10000, slots=10000, addresses=[address(state="open")] * 2 + [address()],
    )  # fmt: skip
    row = lines(tables.upstreams([worst], 99))[1]

    assert row.startswith("a-name-")
    assert row.split("…")[1].split() == [
        "half-open,", "2/3", "out", "100k/s", ">99.9%", "999", "ms", "99", "s", "10000/10000", "10",
    ]  # fmt: skip


def test_those_in_trouble_stay_when_not_all_fit():
    rows = [
        upstream("a"),
        upstream("b"),
        upstream("c"),
        upstream("d", "open"),
        upstream("e", errors=0.2, rate=1.0),
    ]

    assert names_in(tables.upstreams(rows, 4)) == ["d", "e", "and 3 more"]


def test_rows_that_fit_keep_their_order():
    rows = [upstream("a"), upstream("b", "open")]

    assert names_in(tables.upstreams(rows, 3)) == ["a", "b"]


def test_routes_in_trouble_stay_when_not_all_fit():
    rows = [route("GET /a"), route("GET /b"), route("GET /c", degraded=0.5, rate=1.0)]

    assert names_in(tables.routes(rows, 3)) == ["GET /c", "and 2 more"]


def test_route_tells_rate_shares_and_times():
    row = lines(tables.routes([route(rate=42.0, errors=0.001, degraded=0.3, p50=0.0123, p99=0.4)], 99))[1]

    assert row.endswith("42/s    0.1%     30.0%  12 ms  400 ms")


def test_request_is_one_line_however_narrow():
    rows = [request(bar("orders", "stale", "timeout"), bar("recs", "nothing", "circuit_open"))]

    assert len(lines(tables.requests(rows, 99), width=60)) == 2


def test_requests_end_where_the_lines_end():
    assert tables.requests([request()] * 9, 4).row_count == 3


def test_names_from_afar_cannot_paint_over_the_screen():
    assert "\x1b" not in "".join(lines(tables.routes([route("GET /\x1b[2J")], 99)))
