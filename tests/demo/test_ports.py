"""Ports are judged before anything is started."""

import contextlib
import socket

from gateway.demo.ports import free_port, trouble_with
from tests.support.processes import free_ports


@contextlib.contextmanager
def listening(address):
    with socket.create_server((address, 0)) as sock:
        yield sock.getsockname()[1]


def test_free_ports_are_no_trouble():
    gateway, admin = free_ports(2)
    assert trouble_with({"gateway": gateway, "admin": admin}) == []


def test_a_port_in_use_is_named_with_its_part_and_its_option():
    with listening("127.0.0.1") as port:
        (trouble,) = trouble_with({"gateway": port, "orders": free_ports(1)[0]})
    assert f"port {port} (gateway) cannot be used: Address already in use" in trouble
    assert "--port" in trouble


def test_a_port_that_something_uses_on_every_address_is_in_use_too():
    with listening("0.0.0.0") as port:
        (trouble,) = trouble_with({"orders": port})
    assert "(orders)" in trouble


def test_a_services_port_in_use_is_named_with_the_variable_that_moves_it():
    with listening("127.0.0.1") as port:
        (trouble,) = trouble_with({"orders": port})
    assert "DEMO_SERVICE_PORTS" in trouble
    assert "--port" not in trouble


def test_every_trouble_is_told_at_once():
    with listening("127.0.0.1") as first, listening("127.0.0.1") as second:
        assert len(trouble_with({"users": first, "orders": second})) == 2


def test_a_port_wanted_twice_is_trouble():
    port = free_ports(1)[0]
    assert trouble_with({"gateway": port, "users": port}) == [
        f"port {port} is wanted twice: for gateway and for users"
    ]


def test_a_free_port_is_free():
    assert trouble_with({"gateway": free_port()}) == []
