from ipaddress import ip_address

import pytest

from gateway.edge.peer import ip_of


@pytest.mark.parametrize(
    ("address", "ip"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::1", "::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::ffff:0.0.0.0", "0.0.0.0"),
    ],
)
def test_ipv4_over_ipv6_is_itself(address, ip):
    assert ip_of(address) == ip_address(ip)


@pytest.mark.parametrize("address", ["", "testclient", "/run/gateway.sock", "10.0.0.1:80"])
def test_what_is_no_ip_has_none(address):
    assert ip_of(address) is None
