"""Headers are passed on by their names, each once, and never those of the connection."""

from gateway.importing.foreign import parsed
from gateway.importing.krakend.client_headers import COMMON, passed_headers
from gateway.importing.report import Report

HERE = parsed("{}", "k.json")


def passed(*names, own=frozenset()):
    report = Report()
    return passed_headers(HERE, names, own, report), [notice.message for notice in report.notices]


def test_names_are_lower_case_and_come_once():
    assert passed("X-A", "x-a", "X-B") == (["x-a", "x-b"], [])


def test_star_is_what_is_common_but_for_the_gateways_own():
    names, told = passed("*", "cookie", own={"authorization"})

    assert names == [name for name in COMMON if name != "authorization"]
    assert len(told) == 1


def test_what_cannot_be_passed_on_is_told():
    names, told = passed("host", "x y", own={"host"})

    assert names == []
    assert told == [
        "`host` is not passed on: the gateway sends its own, or none",
        "`x y` is no header's name",
    ]
