"""A keyboard gives single keys, and the terminal back as it was."""

import os
import pty
import sys
import termios

import pytest

from gateway.top.keyboard import Keyboard, keyboard


@pytest.fixture
def terminal(monkeypatch):
    """A terminal as standard input; gives the end at which somebody types, and the other."""
    typist, end = pty.openpty()
    with os.fdopen(end, "r") as stdin, os.fdopen(typist, "wb", buffering=0) as keys:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield keys, end


def test_key_comes_without_a_line_end_and_without_echo(terminal):
    keys, end = terminal
    with keyboard() as board:
        keys.write(b"q")

        assert board.key(5.0) == "q"
        assert not termios.tcgetattr(end)[3] & termios.ECHO


def test_interrupt_stays_an_interrupt(terminal):
    with keyboard():
        assert termios.tcgetattr(terminal[1])[3] & termios.ISIG


def test_no_key_is_none(terminal):
    with keyboard() as board:
        assert board.key(0.0) is None


def test_terminal_is_given_back_as_it_was_after_a_failure_too(terminal):
    _, end = terminal
    before = termios.tcgetattr(end)

    with pytest.raises(KeyboardInterrupt), keyboard():
        raise KeyboardInterrupt

    assert termios.tcgetattr(end) == before


def test_what_is_no_terminal_has_no_keys(monkeypatch):
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin, os.fdopen(writing, "wb", buffering=0) as pipe:
        monkeypatch.setattr(sys, "stdin", stdin)
        pipe.write(b"q")
        with keyboard() as board:
            assert board.key(0.0) is None


def test_terminal_that_went_away_has_no_more_keys():
    reading, writing = os.pipe()
    os.close(writing)
    board = Keyboard(reading)

    assert (board.key(1.0), board.key(0.0)) == (None, None)
    os.close(reading)
