"""Steps that read files."""

import json

import pytest

from gateway import Gateway
from gateway.config import ConfigError
from gateway.sources.file import read
from tests.support.gateways import listening

CONFIG = """
upstreams: {}
routes:
  GET /x:
    steps:
      rates: { file: "data/${NAME}.json" }
      notice: { file: notice.txt }
    respond: { tax: "{rates.tax}", notice: "{notice}" }
"""


def put(folder, **contents):
    folder.joinpath("data").mkdir(exist_ok=True)
    (folder / "data" / "rates.json").write_text(contents.get("rates", '{"tax": 7.50}'))
    (folder / "notice.txt").write_text("Closed\n")
    (folder / "gateway.yaml").write_text(CONFIG)
    return folder / "gateway.yaml"


async def test_files_are_looked_for_beside_the_configuration(tmp_path):
    gateway = Gateway(put(tmp_path), environ={"NAME": "rates"})
    async with gateway, listening(gateway) as served:
        answer = await served.get("/x")
        health = await served.get("/health")

    assert answer.body == b'{"tax":7.50,"notice":"Closed\\n"}'
    assert json.loads(health.body)["upstreams"] == {}
    assert "rates  file data/${NAME}.json" in gateway.explain()


async def test_a_file_that_is_gone_degrades_the_answer_and_no_more(tmp_path):
    gateway = Gateway(put(tmp_path), environ={"NAME": "rates"})
    file = gateway.routes["GET /x"].facts[0].upstream.client
    (tmp_path / "data" / "rates.json").unlink()
    async with gateway, listening(gateway) as served:
        file._take(*read(file._path))
        answer = await served.get("/x")

    assert json.loads(answer.body) == {
        "tax": 7.5,
        "notice": "Closed\n",
        "degraded": {"rates": {"cause": "unreachable", "served": "stale"}},
    }


@pytest.mark.parametrize(
    ("name", "rates", "message"),
    [
        ("rate", "1", "the file cannot be read: No such file or directory"),
        ("rates", "{", "the file is not JSON: Input data was truncated"),
    ],
)
def test_a_file_that_cannot_be_served_is_a_fault_at_its_place(tmp_path, name, rates, message):
    with pytest.raises(ConfigError) as caught:
        Gateway(put(tmp_path, rates=rates), environ={"NAME": name})

    fault = caught.value.faults[0]
    assert (fault.message, fault.place.line, len(caught.value.faults)) == (message, 6, 1)
    assert fault.hint == "a relative path is relative to this file"


def test_the_path_of_a_file_is_never_made_from_a_request(tmp_path):
    file = put(tmp_path)
    file.write_text(CONFIG.replace("${NAME}", "{query.name}"))
    with pytest.raises(ConfigError) as caught:
        Gateway(file, environ={})

    assert caught.value.faults[0].message == "file: the path of a file is never a template"
