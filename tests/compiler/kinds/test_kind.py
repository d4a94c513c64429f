"""What all kinds have in common."""

import pytest

from gateway.compiler.kinds.kind import UpstreamSite
from gateway.compiler.kinds.table import KINDS
from gateway.config import load_text


def test_a_fault_of_an_upstream_is_told_where_it_is_written():
    loaded = load_text("upstreams:\n  users: { url: http://a, timeout: 300ms }\nroutes: {}", {})
    site = UpstreamSite("users", loaded.config.upstreams["users"], loaded.config, loaded.places, [])

    site.fault(("timeout",), "it is too long", "make it shorter")

    assert [(str(fault.place), fault.message) for fault in site.faults] == [
        ("gateway.yaml:2:36", "it is too long")
    ]


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_kinds_are_found_by_the_name_they_have(kind):
    assert KINDS[kind.name] is kind
