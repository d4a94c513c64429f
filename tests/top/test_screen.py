"""The screen says who was asked, whether the numbers are old, and never more than the terminal has lines."""

import pytest
from rich.console import Console

from gateway.top.screen import UNBOUNDED, screen
from tests.support import snapshots
from tests.support.snapshots import process, request, route, snapshot, upstream

ADMIN = "http://127.0.0.1:9901"


def shown(snapshot=None, *, width=80, height=UNBOUNDED, **given):
    console = Console(width=width, color_system=None, _environ={"TZ": "UTC"})
    with console.capture() as captured:
        console.print(screen(snapshot, ADMIN, height=height, **given))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_everything_fits_into_80_columns():
    lines = shown(snapshot())

    assert lines[0].startswith(f"gateway {ADMIN}  ")
    assert lines[1:-2] == [
        "degraded, 420/s, errors 0.1%, degraded 30.0%, loop lag 0.4 ms",
        "",
        "upstream  state         rate  errors     p50     p99  in flight  budget",
        "users     closed      1.2k/s      0%  3.1 ms   12 ms     3/1000      10",
        "orders    open 4.2 s   0.5/s   50.0%  300 ms  1.00 s  1000/1000     0.3",
        "recs      half-open      0/s       –       –       –     0/1000      10",
        "",
        "route                             rate  errors  degraded    p50     p99",
        "GET /user/profile/{user_id:int}  420/s    0.1%     30.0%  12 ms  400 ms",
        "",
        "at        status    took  degraded, failed or slow         why",
    ]
    assert "orders timeout" in lines[-2]
    assert "users took" in lines[-1]


def test_gateway_that_is_away_is_told_with_its_reason_and_since_when():
    assert shown(snapshot(), trouble="Connection refused", age=12.3)[1] == (
        "no answer for 12 s, asking on: Connection refused"
    )


def test_numbers_stay_while_the_gateway_is_away():
    assert any(line.startswith("orders ") for line in shown(snapshot(), trouble="gone", age=1.0))


def test_gateway_that_never_answered_has_no_numbers():
    assert shown(trouble="Connection refused") == [
        f"gateway {ADMIN}",
        "no answer, asking on: Connection refused",
    ]


def test_screen_that_waits_says_only_whom_it_asks():
    assert shown() == [f"gateway {ADMIN}"]


def test_keys_are_told_where_there_are_any():
    assert shown(snapshot(), height=24)[0].endswith("  q quits")
    assert "q quits" not in shown(snapshot())[0]


def test_what_an_operator_switched_off_and_the_end_are_told():
    line = shown(snapshot(process=process(stand_ins=False, phase="draining")))[1]

    assert line.startswith("degraded, draining, stand-ins off, 420/s")


@pytest.mark.parametrize("height", [10, 14, 24, 40])
@pytest.mark.parametrize("many", [0, 1, 3, 50])
def test_it_never_has_more_lines_than_the_terminal(height, many):
    crowd = snapshot(
        upstreams=[upstream(str(number)) for number in range(many)],
        routes=[route(str(number)) for number in range(many)],
        problems=[request() for _ in range(many)],
    )

    assert len(shown(crowd, height=max(14, height))) <= max(14, height)


def test_large_terminal_is_filled():
    crowd = snapshot(problems=[request() for _ in range(30)])

    assert len(shown(crowd, height=24)) == 24


def test_empty_tables_have_no_titles():
    lines = shown(snapshot(routes=[], problems=[], slowest=[]))

    assert not any(line.startswith(("route", "at ")) for line in lines)


def test_text_from_afar_cannot_paint_over_the_screen():
    lines = shown(snapshots.snapshot(process=process(status="\x1b[2J")), trouble="\x1b[2J")

    assert "\x1b" not in "".join(lines)
