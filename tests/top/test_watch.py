"""``gateway top`` on a real terminal: it paints, bears a gateway that leaves, and cleans up."""

import contextlib
import fcntl
import os
import pty
import signal
import socket
import struct
import subprocess
import sys
import termios

import pytest

from tests.support.admin_feed import admin_feed
from tests.support.processes import ROOT, free_ports, running, until

ENTERED, LEFT, CURSOR_SHOWN = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25h"
COLOUR = b"\x1b[1;31m"

AS_FOREGROUND = """
import fcntl, runpy, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C reaches it
runpy.run_module("gateway", run_name="__main__", alter_sys=True)
"""


class Terminal:
    """What a ``gateway top`` painted on 24 lines of 80 columns, and the keys to press there."""

    def __init__(self, process, typist, end):
        self.process = process
        self.end = end
        self.painted = b""
        self._typist = typist
        self.before = termios.tcgetattr(end)

    def press(self, key):
        os.write(self._typist, key)

    def shows(self, text):
        """Whether *text* has been painted by now."""
        with contextlib.suppress(BlockingIOError):
            self.painted += os.read(self._typist, 1 << 20)
        return text in self.painted

    def until(self, text):
        until(lambda: self.shows(text), what=repr(text))

    def until_left(self):
        """The exit code; what was painted last is read."""
        until(lambda: self.shows(b"\0") or self.process.poll() is not None, what="its end")
        self.shows(b"")
        return self.process.returncode


@contextlib.contextmanager
def top(*arguments, **env):
    typist, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.set_blocking(typist, False)
    usual = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "COLUMNS", "LINES"}}
    process = subprocess.Popen(
        [sys.executable, "-c", AS_FOREGROUND, "top", *arguments],
        cwd=ROOT,
        env={**usual, "TERM": "xterm-256color", **env},
        stdin=end,
        stdout=end,
        stderr=end,
        start_new_session=True,
    )
    try:
        yield Terminal(process, typist, end)
    finally:
        process.kill()
        process.wait()
        os.close(typist)
        os.close(end)


@pytest.fixture
def admin(feed_body):
    with admin_feed() as feed:
        feed.body = feed_body
        yield feed


def url_of(server):
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def leave_by(terminal, how):
    if isinstance(how, bytes):
        terminal.press(how)
    else:
        terminal.process.send_signal(how)


@pytest.mark.slow
@pytest.mark.parametrize("how", [b"q", b"\x03", signal.SIGTERM], ids=["q", "ctrl-c", "sigterm"])
def test_leaving_gives_the_terminal_back_as_it_was(admin, how):
    with top("--admin", admin.url) as terminal:
        terminal.until(b"orders")
        assert ENTERED in terminal.painted
        leave_by(terminal, how)

        assert terminal.until_left() == 0
        assert terminal.painted.rfind(LEFT) > terminal.painted.rfind(ENTERED)
        assert CURSOR_SHOWN in terminal.painted
        assert b"Traceback" not in terminal.painted
        assert termios.tcgetattr(terminal.end) == terminal.before


@pytest.mark.slow
def test_colour_is_there_unless_nobody_wants_it(admin):
    with top("--admin", admin.url) as coloured, top("--admin", admin.url, NO_COLOR="1") as plain:
        coloured.until(b"orders")
        plain.until(b"orders")

        assert COLOUR in coloured.painted
        assert b"[31m" not in plain.painted
        assert COLOUR not in plain.painted


@pytest.mark.slow
def test_gateway_that_comes_back_is_shown_again(feed_body):
    port = free_ports(1)[0]
    with top("--admin", f"http://127.0.0.1:{port}", "--interval", "0.1") as terminal:
        terminal.until(b"no answer, asking on: Connection refused")
        with admin_feed(port) as feed:
            feed.body = feed_body
            terminal.until(b"orders")
        terminal.until(b"no answer for")


@pytest.mark.slow
def test_silent_gateway_does_not_hold_up_a_key():
    with socket.create_server(("127.0.0.1", 0)) as silent, top("--admin", url_of(silent)) as terminal:
        terminal.until(b"http://127.0.0.1")
        terminal.press(b"q")

        assert terminal.until_left() == 0
        assert b"silent" not in terminal.painted


@pytest.mark.slow
def test_dumb_terminal_gets_one_snapshot(admin):
    with top("--admin", admin.url, TERM="dumb") as terminal:
        assert terminal.until_left() == 0
        assert b"orders" in terminal.painted
        assert b"\x1b[?" not in terminal.painted


def run(*arguments, **env):
    return subprocess.run(
        [sys.executable, "-m", "gateway", "top", *arguments],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        timeout=30,
        check=False,
    )


def test_once_prints_one_snapshot_without_a_control_byte(admin):
    done = run("--once", "--admin", admin.url)

    assert (done.returncode, done.stderr) == (0, b"")
    assert "orders    open 4.2 s" in done.stdout.decode()
    assert b"\x1b" not in done.stdout


@pytest.mark.slow
def test_running_gateway_is_shown():
    public, admin = free_ports(2)
    serve = ("-m", "gateway", "run", "config/gateway.yaml", "--port", str(public), "--admin-port", str(admin))
    with running(*serve, ports=(public, admin)):
        done = run("--once", "--admin", f"http://127.0.0.1:{admin}")

    lines = done.stdout.decode().splitlines()
    assert lines[1].startswith("healthy, ")
    assert [line.split()[0] for line in lines[3:7]] == ["upstream", "users", "orders", "recs"]
    assert lines[12].startswith("GET /user/profile/{user_id:int} ")


def test_pipe_gets_one_snapshot(admin):
    assert b"orders" in run("--admin", admin.url).stdout


def test_terminal_of_another_encoding_gets_what_it_can_show(admin):
    done = run("--once", "--admin", admin.url, PYTHONIOENCODING="ascii")

    assert (done.returncode, done.stderr) == (0, b"")


def test_once_without_a_gateway_is_a_failure():
    admin = f"http://127.0.0.1:{free_ports(1)[0]}"
    done = run("--once", "--admin", admin)

    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"{admin}: no answer: Connection refused\n"


def test_address_that_is_none_is_a_fault_of_the_command_line():
    done = run("--admin", "localhost:9901")

    assert done.returncode == 2
    assert b"`localhost:9901` is not the address of a listener" in done.stderr
