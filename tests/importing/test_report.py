"""A report is told in the order of the file, and counted."""

from gateway.importing.foreign import parsed
from gateway.importing.report import Report

ROOT = parsed('{\n"a": 1,\n"b": 2}', "k.json")


def test_notices_are_told_once_and_in_the_order_of_the_file():
    report = Report()
    report.changed(ROOT["b"], "is different")
    report.lost(ROOT["a"], "is gone")
    report.changed(ROOT["b"], "is different")
    report.left_out(ROOT["b"], "a whole route")
    report.unguarded(ROOT, "anybody can do it")

    assert str(report) == (
        "k.json:1:1: NOT GUARDED: anybody can do it\n"
        "k.json:2:1: not carried: a: is gone\n"
        "k.json:3:1: changed: b: is different\n"
        "k.json:3:1: LEFT OUT: b: a whole route\n"
        "\n"
        "1 served WITHOUT THEIR GUARD, 1 left out, 1 not carried, 1 changed\n"
    )


def test_nothing_to_tell_is_nothing():
    assert str(Report()) == ""
