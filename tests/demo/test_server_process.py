"""A server that is no Python module, as a part of the demo."""

import signal
import sys
from pathlib import Path

import pytest

from tests.support.processes import alive, children_of, running, stopped_in, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

PROGRAM = """
import signal, sys
from gateway.demo.server_process import folder_of_its_own, run
with folder_of_its_own("server-process-test-") as folder:
    print(folder, flush=True)
    code = run(sys.argv[1:], folder, signal.SIGINT, {})
print("code", code, flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_its_end_is_handed_on_and_its_folder_is_gone(number):
    with running("-c", PROGRAM, "sleep", "60") as process:
        folder = process.stdout.readline().strip()
        until(lambda: children_of(process.pid))
        server = children_of(process.pid)
        assert stopped_in(process, number) < 3.0
        text, _ = process.communicate()

    assert text == "code 0\n"
    assert not any(map(alive, server))
    assert folder.startswith("/")
    assert not Path(folder).exists()


def test_a_server_that_ends_by_itself_ends_it_with_its_code():
    with running("-c", PROGRAM, "sh", "-c", "exit 3") as process:
        text, _ = process.communicate(timeout=20)

    assert text.splitlines()[1:] == ["code 3"]
