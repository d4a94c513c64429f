"""The report names the processor and the versions, and says clearly what is missing."""

import os
import socket
import sys
import time

import pytest

from bench.machine import Machine, MissingError, cpu_model
from bench.processes import cpu_clock, free_port

linux = pytest.mark.skipif(sys.platform != "linux", reason="the bench runs on Linux only")


def test_processor_is_named_by_its_model():
    assert cpu_model("processor\t: 0\nmodel name\t: AMD EPYC\nflags\t: fpu\n") == "AMD EPYC"


def test_processor_without_a_model_is_named_by_its_architecture():
    assert cpu_model("processor\t: 0\n") == os.uname().machine


@linux
def test_missing_tools_are_named_together_with_the_remedy():
    with pytest.raises(MissingError, match=r"nginx and wrk not found; .* apt-get install nginx wrk"):
        Machine.examined(searched="")


@linux
def test_cpu_clock_of_our_own_process_is_the_one_python_reads():
    before = time.process_time()
    read = time.clock_gettime(cpu_clock(os.getpid()))
    after = time.process_time()

    assert before <= read <= after


def test_free_port_can_be_bound():
    with socket.socket() as own:
        own.bind(("127.0.0.1", free_port()))
