"""The table of kinds."""

from gateway.compiler.kinds.table import KINDS
from gateway.config.source_kinds import SOURCE_KINDS


def test_every_kind_that_a_configuration_knows_can_be_compiled():
    assert set(KINDS) == {kind.name for kind in SOURCE_KINDS}
