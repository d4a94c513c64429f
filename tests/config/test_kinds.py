import ipaddress
import math

import pytest

from gateway.config import kinds
from gateway.config.faults import Wrong


@pytest.mark.parametrize("value", ["yes", "on", "True!", 1, None, [], "off"])
def test_flag_takes_booleans_only(value):
    assert kinds.flag(True) is True
    with pytest.raises(Wrong, match="neither `true` nor `false`"):
        kinds.flag(value)


@pytest.mark.parametrize(("value", "read"), [("on", True), ("off", False), (True, True), (False, False)])
def test_switch_takes_on_and_off(value, read):
    assert kinds.switch(value) is read


@pytest.mark.parametrize("value", ["yes", 0, 1, None, {}, []])
def test_switch_takes_nothing_else(value):
    with pytest.raises(Wrong, match="neither `on` nor `off`"):
        kinds.switch(value)


@pytest.mark.parametrize("value", [None, 5, 1.5, True, [], {}])
def test_text_is_text(value):
    assert kinds.text("a") == "a"
    with pytest.raises(Wrong):
        kinds.text(value)


@pytest.mark.parametrize("name", ["a", "user_profile", "a-1", "A"])
def test_name_is_a_letter_and_what_may_follow(name):
    assert kinds.name(name) == name


@pytest.mark.parametrize("name", ["", "1a", "_a", "a.b", "a b", "ä", "a\n", 5, None])
def test_other_names_are_refused(name):
    with pytest.raises(Wrong, match="not a name"):
        kinds.name(name)


@pytest.mark.parametrize("line", ["a\r\nb", "a\nb", "a\0b"])
def test_header_value_is_one_line(line):
    with pytest.raises(Wrong, match="one line"):
        kinds.header_value(line)


@pytest.mark.parametrize("name", ["a b", "", "a:", "ä", "a\n"])
def test_header_name_is_a_token(name):
    assert kinds.header_name("X-Request-ID") == "X-Request-ID"
    with pytest.raises(Wrong, match="not a header name"):
        kinds.header_name(name)


def test_network_is_a_range_or_one_address():
    assert kinds.network("10.0.0.0/8") == ipaddress.ip_network("10.0.0.0/8")
    assert kinds.network("::1") == ipaddress.ip_network("::1/128")


@pytest.mark.parametrize("value", ["10.0.0.1/8", "localhost", "10.0.0.0/33", "", None, 5])
def test_other_networks_are_refused(value):
    with pytest.raises(Wrong):
        kinds.network(value)


@pytest.mark.parametrize("value", [0, 11, 1.0, "5", True, None])
def test_count_stays_in_its_bounds(value):
    assert kinds.count(1, 10)(10) == 10
    with pytest.raises(Wrong):
        kinds.count(1, 10)(value)


def test_choice_is_one_of_its_words():
    read = kinds.choice("body", "header")

    assert read("body") == "body"
    with pytest.raises(Wrong, match="is not `body` or `header`"):
        read("haeder")


def test_off_is_read_where_it_may_stand():
    read = kinds.or_off(kinds.count(1), off=math.inf)

    assert read("off") == math.inf
    assert read(5) == 5
    for word in ("of", "OFF", False):
        with pytest.raises(Wrong) as caught:
            read(word)
        assert caught.value.hint == "did you mean `off`?"
