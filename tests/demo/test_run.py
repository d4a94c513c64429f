"""Ports from arguments and environment, and a configuration that is found wherever the package lies."""

import pytest

from gateway.demo import run
from tests.support.processes import ROOT


def test_the_configuration_is_the_one_of_the_checkout():
    """Among the sources by a link; a built package has a copy."""
    assert run.CONFIG.read_bytes() == (ROOT / "config" / "gateway.yaml").read_bytes()


@pytest.mark.parametrize("given", ["1,2", "1,2,3,4,5", "a,b,c,d"])
def test_faulty_service_ports_are_told(capsys, given):
    assert run.run_demo(environ={run.PORTS_VARIABLE: given}) == 1
    assert "must be 4 ports" in capsys.readouterr().out


def test_ports_wanted_twice_are_told_before_anything_starts(capsys):
    environ = {run.PORTS_VARIABLE: "19101,19102,19103,19104"}
    assert run.run_demo(port=19102, admin_port=0, environ=environ) == 1
    assert "port 19102 is wanted twice: for gateway and for orders" in capsys.readouterr().out
