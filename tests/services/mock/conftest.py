"""The three mock services as one real process per test module, without faults at the start of each test."""

import pytest

from tests.support.processes import mock_services
from tests.support.raw_http import ask


@pytest.fixture(scope="module")
def ports():
    with mock_services() as ports:
        yield ports


@pytest.fixture(autouse=True)
async def clean(request):
    if "ports" in request.fixturenames:
        for port in request.getfixturevalue("ports").values():
            await ask(port, "DELETE", "/__faults")
            await ask(port, "DELETE", "/__stats")
