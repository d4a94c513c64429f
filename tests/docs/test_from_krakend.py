"""The page of what an import carries names everything that the import's tables do."""

import pytest

from gateway.importing.krakend.namespaces import CALLS, GUARDS, LOST
from tests.support.processes import ROOT

PAGE = (ROOT / "docs" / "from-krakend.md").read_text()


@pytest.mark.parametrize("name", sorted({*LOST, *GUARDS, *CALLS}))
def test_everything_that_is_not_carried_is_on_the_page(name):
    assert f"`{name}`" in PAGE
