"""The plot is well-formed and puts values where they belong."""

from xml.etree import ElementTree as ET

import pytest

from bench.figures import Figure, Sample, Spread
from bench.plot import LEFT, RIGHT, WIDTH, Axis, svg
from bench.rows import chosen

BARE, GATEWAY, HTTPX = chosen(["gateway-3", "fastapi-httpx"])
SAMPLE = Sample(cpu=1e-6, rate=1, p50=1, p99=1, busy=1)
NAMESPACE = "{http://www.w3.org/2000/svg}"


def test_plot_has_one_dot_per_row_with_a_figure():
    rows = [
        Figure(BARE, Spread(1, 1, 1), SAMPLE),
        Figure(GATEWAY, failed="no answer"),
        Figure(HTTPX, Spread(400, 350, 450), SAMPLE),
    ]

    picture = ET.fromstring(svg(rows))

    assert len(picture.findall(f"{NAMESPACE}circle")) == 2
    texts = [text.text for text in picture.findall(f"{NAMESPACE}text")]
    assert "FastAPI + httpx, 3 calls" in texts
    assert "400" in texts
    assert "gateway, 3 calls" not in texts


def test_target_is_drawn_for_the_row_that_has_one():
    picture = ET.fromstring(svg([Figure(GATEWAY, Spread(3, 3, 3), SAMPLE)]))

    targets = [line for line in picture.findall(f"{NAMESPACE}line") if line.get("class") == "target"]
    assert len(targets) == 1


def test_plot_without_any_figure_is_still_a_picture():
    assert ET.fromstring(svg([])).tag == f"{NAMESPACE}svg"


@pytest.mark.parametrize("highest", [1, 1.5, 2, 3.2, 10, 11, 99, 100, 101, 598])
def test_axis_ends_at_a_round_number_that_holds_the_highest_value(highest):
    axis = Axis(highest)

    assert highest <= axis.end <= 5.1 * max(highest, 2)
    assert LEFT < axis.x(1) <= axis.x(highest) <= WIDTH - RIGHT
    assert axis.ticks()[-1] <= axis.end


def test_equal_ratios_are_equally_far_apart():
    axis = Axis(500)

    assert axis.x(10) - axis.x(1) == pytest.approx(axis.x(100) - axis.x(10), abs=0.2)
