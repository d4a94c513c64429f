"""The picture is sound XML in which every step and edge is drawn and nothing overlaps."""

import itertools
import xml.etree.ElementTree as ET

import pytest

from gateway.drawing.graph import Graph, Node
from gateway.drawing.svg import svg
from tests.drawing.samples import profile, some_graph

SPACE = "{http://www.w3.org/2000/svg}"


def elements(text, tag, kind):
    return [each for each in ET.fromstring(text).iter(SPACE + tag) if kind in each.get("class", "").split()]


def test_every_step_is_a_box_with_its_words_and_every_edge_a_path():
    text = svg([profile()])

    assert len(elements(text, "rect", "box")) == 6
    assert len(elements(text, "path", "edge")) == len(elements(text, "path", "arrow")) == 5
    assert len(elements(text, "path", "soft")) == 1
    assert len(elements(text, "rect", "critical")) == 3
    words = ["".join(each.itertext()) for each in ET.fromstring(text).iter(SPACE + "text")]
    assert {"user", "≤ 800 ms", 'POST rank <a> & "b"', "GET /profile/{id}", "time limit 1 s"} <= set(words)


def test_several_routes_stand_below_each_other():
    once, twice = (ET.fromstring(svg([profile()] * count)) for count in (1, 2))

    assert float(twice.get("height")) > float(once.get("height"))
    assert twice.get("width") == once.get("width")


@pytest.mark.parametrize("seed", range(10))
def test_boxes_do_not_overlap_and_lie_within_the_picture(seed):
    text = svg([some_graph(seed)])
    boxes = [
        [float(each.get(key)) for key in ("x", "y", "width", "height")]
        for each in elements(text, "rect", "box")
    ]

    for (x, y, w, h), (a, b, c, d) in itertools.combinations(boxes, 2):
        assert x + w <= a or a + c <= x or y + h <= b or b + d <= y
    assert max(x + w for x, _, w, _ in boxes) < float(ET.fromstring(text).get("width"))


def test_it_needs_nothing_from_elsewhere_and_has_colours_for_the_night():
    text = svg([Graph("GET /nothing", [])])

    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "<script" not in text
    assert "prefers-color-scheme: dark" in text


def test_long_words_are_cut():
    text = svg([Graph("GET /x", [Node(name="a", title="SQL: " + "x" * 200)])])

    words = ["".join(each.itertext()) for each in ET.fromstring(text).iter(SPACE + "text")]
    assert max(len(word) for word in words if word.startswith("SQL")) == 48
    assert float(ET.fromstring(text).get("width")) < 700
