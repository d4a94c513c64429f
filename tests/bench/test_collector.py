"""Who takes traces in the measurements."""

import urllib.request

import pytest

from bench.collector import length_of
from tests.support.processes import free_ports, running


@pytest.mark.parametrize(
    "head", [b"POST / HTTP/1.1\r\nContent-Length: 12\r\nhost: x", b"POST /\r\ncontent-length:12"]
)
def test_length_stands_in_the_head(head):
    assert length_of(head) == 12


def test_body_without_a_length_is_a_fault():
    with pytest.raises(ValueError, match="without a length"):
        length_of(b"POST / HTTP/1.1\r\nhost: x")


@pytest.mark.slow
def test_collector_takes_one_request_after_the_other_in_pieces_of_any_size():
    [port] = free_ports(1)
    with running("-m", "bench.collector", str(port), ports=[port]):
        for size in (1, 100_000, 10):
            request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/traces", b"x" * size)
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert answer.status == 200
