"""The demo as a process: real services, a stand-in for the gateway, and every way in which it can end."""

import contextlib
import os
import re
import signal
import socket
import sys
import threading
import urllib.request

import pytest

from tests.support.processes import alive, children_of, free_ports, listens, running, stopped_in, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes left behind in /proc"),
]

PROGRAM = """
import sys
from gateway.demo import run_demo
gateway, admin, users, orders, recommendations = map(int, sys.argv[1:])
services = dict(users=users, orders=orders, recommendations=recommendations)
sys.exit(run_demo(gateway, admin, services, gateway=("tests.support.stand_in_gateway",), databases=False))
"""


class Demo:
    """A demo that runs; ``text`` is what it has printed so far."""

    def __init__(self, process, ports):
        self.process = process
        self.port, _, *self.services = ports
        self.ports = ports
        self.text = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.text += line

    def says(self, text, limit=20.0):
        until(lambda: text in self.text or self.process.poll() is not None, limit, what=f"{text!r}")
        if self.process.poll() is not None:
            self._reader.join()
        assert text in self.text, self.text

    @property
    def pids(self):
        return {name: int(pid) for name, pid in re.findall(r"(\w+) +http\S+  process (\d+)", self.text)}

    def children(self):
        """Its child processes that run now."""
        return children_of(self.process.pid)

    def ended(self, limit=20.0):
        code = self.process.wait(limit)
        self._reader.join()
        return code


@contextlib.contextmanager
def demo(stand_in="", *, ready=True):
    ports = free_ports(5)
    with running("-c", PROGRAM, *map(str, ports), env={"STAND_IN": stand_in}) as process:
        demo = Demo(process, ports)
        try:
            if ready:
                demo.says("-X DELETE")
            yield demo
        finally:
            process.kill()
            demo.ended()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_it_with_code_0_and_leaves_no_process(number):
    with demo() as running_demo:
        children = running_demo.children()
        assert len(children) == 4
        assert stopped_in(running_demo.process, number) < 3.0
        assert running_demo.ended() == 0
        assert not any(map(alive, children))
        assert not any(map(listens, running_demo.ports))
        assert "Traceback" not in running_demo.text


def test_the_gateway_is_told_its_ports_and_where_the_services_are():
    with demo() as running_demo:
        gateway, admin, _, orders, _ = running_demo.ports
        with urllib.request.urlopen(f"http://127.0.0.1:{gateway}/") as answer:
            told = answer.read().decode()
    assert f"http://127.0.0.1:{orders} " in told
    assert f"/gateway.yaml --host 127.0.0.1 --port {gateway} --admin-port {admin}" in told


def test_killed_without_warning_it_still_leaves_no_process():
    with demo() as running_demo:
        children = running_demo.children()
        running_demo.process.kill()
        until(lambda: not any(map(alive, children)), limit=8.0, what="the end of all children")


def test_a_signal_while_starting_stops_it_just_as_well():
    with demo(ready=False) as running_demo:
        until(lambda: len(running_demo.children()) == 3)
        children = running_demo.children()
        running_demo.process.send_signal(signal.SIGINT)
        assert running_demo.ended() == 0
        assert not any(map(alive, children))
        assert "The demo runs" not in running_demo.text


def test_a_second_signal_does_not_wait_for_a_gateway_that_does_not_stop():
    with demo("deaf") as running_demo:
        children = running_demo.children()
        running_demo.process.send_signal(signal.SIGINT)
        running_demo.says("stopping")
        assert running_demo.process.poll() is None
        assert stopped_in(running_demo.process, signal.SIGINT) < 3.0
        assert running_demo.ended() == 0
        assert not any(map(alive, children))


def test_a_gateway_that_cannot_start_ends_the_demo_with_its_last_words():
    with demo("dies", ready=False) as running_demo:
        assert running_demo.ended() == 1
        assert "gateway stopped by itself (exit code 3); its last lines:" in running_demo.text
        assert "config/gateway.yaml:3:5: no such key" in running_demo.text
        assert not any(map(listens, running_demo.ports))


def test_a_gateway_that_dies_later_ends_the_demo():
    with demo() as running_demo:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{running_demo.port}/die").read()
        assert running_demo.ended() == 1
        assert "exit code 4" in running_demo.text
        assert "last words" in running_demo.text
        assert not any(map(listens, running_demo.ports))


def test_a_service_that_is_stopped_is_told_and_the_demo_goes_on():
    with demo() as running_demo:
        orders = running_demo.services[1]
        os.kill(running_demo.pids["orders"], signal.SIGKILL)
        running_demo.says("To bring it back")
        assert "orders stopped by itself (killed by SIGKILL)" in running_demo.text
        assert f"-m services.mock orders --port {orders}" in running_demo.text
        assert listens(running_demo.port)
        assert stopped_in(running_demo.process, signal.SIGINT) < 3.0
        assert running_demo.ended() == 0


def test_a_taken_port_is_told_before_anything_starts():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        taken = sock.getsockname()[1]
        gateway, admin, users, orders = free_ports(4)
        arguments = map(str, (gateway, admin, users, orders, taken))
        with running("-c", PROGRAM, *arguments) as process:
            text, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"port {taken} (recommendations) cannot be used: Address already in use" in text
    assert "Nothing was started." in text
