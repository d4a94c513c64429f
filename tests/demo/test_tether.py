"""A tethered child stops when the last writing end of its pipe is closed, and only then."""

import os
import subprocess
import sys

import pytest

from gateway.demo import tether
from tests.support.processes import ROOT


def start(*arguments):
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.demo.tether", str(reading), "tests.support.talker", *arguments],
        cwd=ROOT,
        pass_fds=(reading,),
        stdout=subprocess.PIPE,
        text=True,
    )
    os.close(reading)
    return process, writing


def test_the_module_gets_its_arguments_and_ends_in_its_own_way():
    process, writing = start("count", "2")
    assert process.communicate(timeout=20) == ("line 1\nline 2\n", None)
    os.close(writing)
    assert process.returncode == 5


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wait", "deaf"])
def test_it_ends_when_the_supervisor_is_gone_even_if_it_ignores_sigterm(kind):
    process, writing = start(kind)
    if kind == "deaf":
        assert process.stdout.readline() == "deaf\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.2)
    os.close(writing)
    process.wait(tether.GRACE + 10)
    process.stdout.close()
    assert process.returncode in {-15, 1}
