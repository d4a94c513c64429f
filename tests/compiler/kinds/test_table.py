"""The tables of kinds: every kind is in one of them, and only once."""

from gateway.compiler.kinds.table import INLINE, KINDS
from gateway.config.source_kinds import INLINE_KINDS, UPSTREAM_KINDS


def test_every_kind_that_a_configuration_knows_can_be_compiled():
    assert set(KINDS) == {kind.name for kind in UPSTREAM_KINDS}
    assert set(INLINE) == {kind.name for kind in INLINE_KINDS}
