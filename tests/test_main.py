"""``python -m gateway`` is the command."""

import subprocess
import sys

from tests.support.processes import ROOT


def run(*arguments):
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def test_module_runs_the_command():
    result = run("-m", "gateway", "check", "config/gateway.yaml")

    assert (result.returncode, result.stdout) == (
        0,
        "config/gateway.yaml: sound, 1 route on 6 upstreams\n",
    )


def test_exit_code_is_the_commands():
    assert run("-m", "gateway", "check", "nowhere.yaml").returncode == 2


def test_command_that_serves_nothing_loads_no_server():
    program = "import sys, gateway.cli; assert not {'uvicorn', 'fastapi'} & set(sys.modules)"

    assert run("-c", program).returncode == 0
