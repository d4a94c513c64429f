"""The report tells figures, targets and what is missing, honestly."""

from bench.figures import Figure, Ratio, Sample, Spread
from bench.latency import CASES, Latency
from bench.memory import Memory, affordable
from bench.openloop import Latencies
from bench.report import Findings, comparisons, crowded, floor, latencies, memory, page, short, table
from bench.rows import ROWS, VERSUS, chosen

BARE, GATEWAY = chosen(["gateway-3"])
SAMPLE = Sample(cpu=66.04e-6, rate=15123.4, p50=0.0021, p99=0.00456, busy=0.99)


def cells(markdown, line=2):
    return [cell.strip() for cell in markdown.splitlines()[line].strip("|").split("|")]


def bare(busy):
    return Figure(ROWS[0], Spread(1, 1, 1), Sample(cpu=2e-5, rate=1, p50=1, p99=1, busy=busy))


def costing(**micro):
    """Figures of these rows, which cost so many µs each."""
    rows = {row.name.replace("-", "_"): row for row in ROWS}
    return [
        Figure(rows[name], Spread(1, 1, 1), Sample(cpu * 1e-6, 1, 1, 1, 1)) for name, cpu in micro.items()
    ]


def test_row_shows_multiple_spread_target_verdict_and_medians():
    shown = cells(table([Figure(GATEWAY, Spread(3.1, 3.04, 3.3), SAMPLE)]))

    verdict = "**missed**"
    assert shown == [
        "gateway, 3 calls",
        "3.10",
        "3.04 – 3.30",
        "≤ 3",
        verdict,
        "66.0",
        "15,123",
        "2.10",
        "4.56",
    ]


def test_failed_row_is_marked():
    assert cells(table([Figure(GATEWAY, failed="3 socket errors")]))[1] == "failed"


def test_row_that_was_left_out_is_told_with_its_reason_below_the_table():
    _, node = chosen(["node"])
    found = Findings([bare(1), Figure(node, left_out="node or npm is not installed")])

    assert "Left out: Node, fastify + undici, 3 calls: node or npm is not installed." in page(found)
    assert not found.failed


def test_comparison_shows_the_ratio_and_its_target():
    shown = cells(comparisons([Ratio(VERSUS[0], Spread(1.02, 0.98, 1.06))]))

    assert shown == ["1,000 routes instead of 10", "× 1.02", "0.98 – 1.06", "≤ 1.05", "met"]


def test_floor_splits_the_cost_into_sockets_server_and_the_gateways_own():
    found = costing(bare=26, gateway_1=46, gateway_3=80, gateway_10=200, floor_0=8, floor_3=32, floor_10=88)

    shown = cells(floor(found), line=3)

    # Three calls: 32 on raw sockets, 26 - 8 of uvicorn's, 30 remain; (32 + 18) / 26 is the floor.
    assert shown == ["3 calls", "80.0", "32.0", "18.0", "30.0", "1.92"]


def test_floor_is_not_told_without_all_its_rows():
    assert floor(costing(bare=26, gateway_3=80)) == ""


def test_latency_row_shows_percentiles_and_what_became_of_the_requests():
    seen = Latencies(
        requests=1000,
        whole=900,
        partial=95,
        refused=3,
        lost=2,
        p50=0.0004,
        p99=0.0123,
        p999=0.4567,
        highest=1.0,
        late=0.0001,
    )

    shown = cells(latencies([Latency(CASES[0], seen, busy=0.231)]))

    assert shown[1:] == ["1,000", "0.40", "12.30", "457", "1000", "90 %", "9.5 %", "0.5 %", "23%", "0.10"]


def test_case_beyond_a_servers_ceiling_is_named_with_it():
    found = Findings([bare(1)], latencies=[Latency(CASES[0], left_out="its ceiling is 124/s")])

    assert "Not asked: gateway, 3 calls at 1,000/s (its ceiling is 124/s)." in page(found)


def test_memory_shows_bytes_at_rest_and_per_request():
    shown = memory(Memory(idle=62e6, each=46.84e3, in_flight=4975, rate=2225.0))

    assert cells(shown)[1:] == ["62 MB", "≤ 90 MB", "met"]
    assert cells(shown, line=3)[1:] == ["46.8 kB", "≤ 40 kB", "**missed**"]


def test_memory_with_errors_is_a_failure():
    found = Findings([bare(1)], memory=Memory(1, 1, 1, 1, failed="3 socket errors"))

    assert found.failed
    assert "Failed: 3 socket errors" in page(found)


def test_requests_in_flight_are_as_many_as_the_limit_on_files_allows():
    assert affordable(100_000) == 5000
    assert affordable(20_000) * 4 <= 20_000 - 100


def test_short_table_has_only_the_rows_for_it():
    rows = [Figure(row, Spread(1, 1, 1), SAMPLE) for row in ROWS]

    shown = short(Findings(rows))

    names = [cells(shown, line)[0] for line in range(2, len(shown.splitlines()))]
    assert names == [row.label for row in ROWS if row.short]


def test_report_warns_when_others_used_the_core():
    assert "bare had only 62 % of its core" in crowded(bare(0.62))


def test_report_says_nothing_when_bare_had_its_core_for_itself():
    assert crowded(bare(0.99)) == ""


def test_failed_bare_is_no_warning_but_a_failure():
    assert crowded(Figure(ROWS[0], failed="no answer at all")) == ""
    assert Findings([Figure(ROWS[0], failed="no answer at all")]).failed
