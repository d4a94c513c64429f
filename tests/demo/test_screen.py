"""Colours on a terminal only, and no trouble when nobody reads."""

import io

from gateway.demo.screen import RED, Screen


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Closed(io.StringIO):
    writes = 0

    def write(self, text):
        self.writes += 1
        raise BrokenPipeError


def test_a_pipe_gets_plain_text():
    out = io.StringIO()
    screen = Screen(out)
    screen.complain("orders is gone")
    screen.relay("users", "hello")
    assert out.getvalue() == "orders is gone\nusers | hello\n"


def test_a_terminal_gets_colours():
    assert Screen(Terminal(), {}).paint("x", RED) == "\x1b[31mx\x1b[0m"


def test_no_color_is_respected():
    assert Screen(Terminal(), {"NO_COLOR": "1"}).paint("x", RED) == "x"


def test_an_output_that_nobody_reads_is_tried_once():
    out = Closed()
    screen = Screen(out)
    screen.say("one")
    screen.say("two")
    assert out.writes == 1


def test_what_the_terminal_cannot_show_is_replaced():
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Screen(out).say("Köln")
    assert raw.getvalue() == b"K?ln\n"
