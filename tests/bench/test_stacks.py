"""Stacks of py-spy become readable, and their time is summed."""

from xml.etree import ElementTree as ET

import pytest

from bench.flame_plot import boxes, svg, tree
from bench.stacks import Stack, area, by_area, own_time, parsed

LOOP = "main (cli.py:8);run (gateway/serve.py:7);Runner.run (asyncio/runners.py:118);run_forever (loop.c:3)"
WRITE = "UVStream_write (loop.c:110085);write (libc.so.6)"
RAW = f"""{LOOP};uv_run (core.c:452);uv__read (stream.c:1063);read (libc.so.6) 20
{LOOP};Run.run (gateway/plan/execute.py:99);http_source.<locals>.http (gateway/sources/http.py:44);{WRITE} 50
{LOOP};Run.run (gateway/plan/execute.py:101);PyDict_GetItem (dictobject.c:1);lookdict (dictobject.c:2) 10
{LOOP};uv_run (core.c:452) 20
"""
SOURCE = "http_source.http (gateway/sources/http.py)"


def test_c_code_becomes_its_library_and_what_is_around_the_loop_is_left_out():
    frames = {stack.frames: stack.samples for stack in parsed(RAW)}

    assert frames == {
        ("kernel: read",): 20,
        ("Run.run (gateway/plan/execute.py)", SOURCE, "uvloop", "kernel: write"): 50,
        ("Run.run (gateway/plan/execute.py)",): 10,
        ("uvloop",): 20,
    }


def test_own_time_is_that_of_the_innermost_frame():
    assert own_time(parsed(RAW)) == [
        ("kernel: write", 0.5),
        ("kernel: read", 0.2),
        ("uvloop", 0.2),
        ("Run.run (gateway/plan/execute.py)", 0.1),
    ]


def test_areas_sum_up_to_everything():
    areas = by_area(parsed(RAW))

    assert areas == [("kernel", 0.7), ("uvloop", 0.2), ("gateway: plan", 0.1)]


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        ("Pool.give (gateway/transport/pool.py)", "gateway: transport"),
        ("Timer.start (gateway/timers.py)", "gateway: the rest"),
        ("run_asgi (uvicorn/protocols/http/httptools_impl.py)", "uvicorn"),
        ("loads (json/__init__.py)", "other Python"),
        ("msgspec", "msgspec"),
        ("kernel: epoll_wait", "kernel"),
    ],
)
def test_frame_belongs_to_its_area(frame, name):
    assert area(frame) == name


def test_box_is_as_wide_as_its_share_and_stands_below_its_caller():
    root = tree([Stack(("a", "b"), 60), Stack(("a",), 20), Stack(("c",), 20)])

    placed = {box.name: (round(box.x, 3), round(box.width, 3), box.depth) for box in boxes(root)}

    assert placed == {"all": (0, 1, 0), "a": (0, 0.8, 1), "b": (0, 0.6, 2), "c": (0.8, 0.2, 1)}


def test_picture_is_well_formed_whatever_the_names():
    picture = ET.fromstring(svg([Stack(('<b>&"', "x"), 3), Stack(("tiny",), 1)], "a < b"))

    titles = [title.text for title in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert '<b>&": 75.0%' in titles


def test_no_samples_make_an_empty_picture():
    assert ET.fromstring(svg([], "nothing")) is not None
    assert own_time([]) == []
