"""A process logs in one style, everything of it, and nothing without end."""

import contextlib
import io
import json
import logging
import sys
import threading
import warnings

import pytest

from gateway.telemetry import events
from gateway.telemetry.log import Log
from gateway.telemetry.log_setup import LogHandler, StyleError, chosen_style, logging_to
from gateway.telemetry.repetition import FIRST, PERIOD


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def process():
    """Let the process log to a stream that is given back, until the test ends."""
    with contextlib.ExitStack() as stack:

        def log(style="json", stream=None, environ=None):
            stream = stream or io.StringIO()
            stack.enter_context(logging_to(stream, style, environ or {}))
            return stream

        yield log


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("configured", "environ", "stream", "style"),
    [
        (None, {}, io.StringIO(), "json"),
        (None, {}, Terminal(), "text"),
        ("text", {}, io.StringIO(), "text"),
        ("json", {}, Terminal(), "json"),
        ("json", {"GATEWAY_LOGS": "text"}, io.StringIO(), "text"),
        ("text", {"GATEWAY_LOGS": ""}, io.StringIO(), "text"),
    ],
)
def test_environment_goes_before_configuration_goes_before_where_it_is_written(
    configured, environ, stream, style
):
    assert chosen_style(configured, environ, stream) == style


def test_style_there_is_not_is_refused():
    with pytest.raises(StyleError, match="GATEWAY_LOGS is json or text, not `xml`"):
        chosen_style(None, {"GATEWAY_LOGS": "xml"}, io.StringIO())


def test_lines_of_everybody_come_out_alike(process):
    stream = process()

    Log("gateway.edge")(events.CLIENT_REFUSED, status=400)
    logging.getLogger("asyncio").error("a task was lost")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old\nstuff", DeprecationWarning, stacklevel=1)

    assert [(line["logger"], line["event"]) for line in lines(stream)] == [
        ("gateway.edge", "client.refused"),
        ("asyncio", "log"),
        ("py.warnings", "log"),
    ]


def test_line_per_request_of_a_client_library_is_not_wanted(process):
    stream = process()

    logging.getLogger("httpx").info("HTTP Request: GET http://users/?token=abc")
    logging.getLogger("uvicorn.error").info("Started server process")

    assert lines(stream) == []


def test_colours_are_for_terminals_without_no_color(process):
    coloured, plain = process("text", Terminal()), None
    Log("gateway")(events.REDIS_CONNECTED, of="a store")
    plain = process("text", Terminal(), {"NO_COLOR": "1"})
    Log("gateway")(events.REDIS_CONNECTED, of="a store")

    assert "\x1b[" in coloured.getvalue()
    assert "\x1b[" not in plain.getvalue()


def test_process_is_afterwards_as_it_was_before():
    quiet = logging.getLogger("httpx")
    now = lambda: (logging.getLogger().handlers[:], quiet.level, threading.excepthook, sys.unraisablehook)
    before = now()

    with logging_to(io.StringIO(), "json", {}):
        assert now() != before

    assert now() == before


def test_exception_that_nobody_caught_is_a_line_and_the_end():
    stream = io.StringIO()

    with pytest.raises(SystemExit) as ended, logging_to(stream, "json", {}):
        raise ValueError("password=hunter2")

    [line] = lines(stream)
    assert (ended.value.code, line["level"], line["message"]) == (1, "critical", "uncaught exception")
    assert "ValueError: password=[redacted]" in line["exception"]
    assert "hunter2" not in stream.getvalue()


def test_exception_in_a_thread_is_a_line(process):
    stream = process()

    def fail():
        raise LookupError("password=" + "hunter2")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()

    [line] = lines(stream)
    assert line["exception"].endswith("LookupError: password=[redacted]")


def test_exception_that_python_cannot_raise_is_a_line(process):
    stream = process()

    class Told:
        err_msg, object = None, "a finalizer"
        exc_type, exc_value, exc_traceback = KeyError, KeyError("x"), None

    sys.unraisablehook(Told)

    assert lines(stream)[0]["message"] == "exception ignored in 'a finalizer'"


class Desk:
    """A handler on a stream, with a clock that stands still until told."""

    def __init__(self):
        self.now = 0.0
        self.stream = io.StringIO()
        self.handler = LogHandler(self.stream, "json", clock=lambda: self.now)
        logging.getLogger("gateway.log").addHandler(self.handler)

    def says(self, message, *args, name="uvicorn.error"):
        self.handler.handle(logging.LogRecord(name, logging.WARNING, "x", 1, message, args, None))

    @property
    def messages(self):
        return [line["message"] for line in lines(self.stream)]


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    logging.getLogger("gateway.log").removeHandler(desk.handler)


def test_library_that_repeats_itself_is_counted(desk):
    for number in range(100):
        desk.says("Invalid HTTP request %d", number)

    assert desk.messages == [f"Invalid HTTP request {number}" for number in range(FIRST)]


def test_count_is_told_with_the_first_line_after_the_period(desk):
    for number in range(100):
        desk.says("Invalid HTTP request %d", number)
    desk.now += PERIOD
    desk.says("something else")

    assert desk.messages[FIRST:] == [
        f"{100 - FIRST} more within 10 s: lines of uvicorn.error such as: Invalid HTTP request %d",
        "something else",
    ]


def test_count_is_told_at_the_end(desk):
    for _ in range(FIRST + 3):
        desk.says("again")

    desk.handler.close()

    assert desk.messages[-1].startswith("3 more within 10 s")


def test_line_that_cannot_be_formatted_is_left_out_and_its_arguments_are_not_printed(desk, capsys):
    desk.says("%d", "s3cret")

    assert (desk.messages, capsys.readouterr()) == ([], ("", ""))
