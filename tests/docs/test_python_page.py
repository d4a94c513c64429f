"""The examples of docs/sources/python.md, run as they stand there."""

import json
import re
import sys

import pytest

from gateway import Gateway
from tests.support.gateways import listening
from tests.support.processes import ROOT

PAGE = (ROOT / "docs/sources/python.md").read_text()
SERVER = """
class Server:
    def __init__(self, currency):
        self.currency = currency

    async def price_of(self, sku):
        return f"{len(sku)} {self.currency}"

    async def aclose(self):
        self.currency = None


async def connect(currency):
    return Server(currency)


"""


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def importable(tmp_path):
    """A folder on the path, as an installed distribution's is."""
    before = [*sys.path], set(sys.modules)
    sys.path.insert(0, str(tmp_path))
    yield tmp_path
    sys.path[:] = before[0]
    for name in set(sys.modules) - before[1]:
        if name in {"scores", "acme_prices"}:
            del sys.modules[name]


async def answer_of(folder, config, target):
    (folder / "gateway.yaml").write_text(config)
    gateway = Gateway(folder / "gateway.yaml", environ={})
    async with gateway, listening(gateway) as served:
        return json.loads((await served.get(target)).body)


async def test_the_function_beside_the_configuration_answers(importable):
    (importable / "scores.py").write_text(blocks("python")[0])

    assert await answer_of(importable, blocks("yaml")[1], "/score/7") == {"score": {"score": 40}}


async def test_the_source_of_a_distribution_answers(importable):
    dist = importable / "acme_prices-0.1.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-prices\nVersion: 0.1\n")
    entry_points = blocks("toml")[0].replace('[project.entry-points."gateway.sources"]', "[gateway.sources]")
    (dist / "entry_points.txt").write_text(entry_points.replace('"', ""))
    (importable / "acme_prices.py").write_text(SERVER + blocks("python")[1])

    assert await answer_of(importable, blocks("yaml")[2], "/price/abc") == {"price": "3 EUR"}
