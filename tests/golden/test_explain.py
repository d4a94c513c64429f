"""Sound configurations and what `gateway explain` makes of them; a case needs no code.

`pytest tests/golden --golden-update` writes the expectations anew: read the difference before committing.
"""

from pathlib import Path

import pytest

from gateway import Gateway

FOLDER = Path(__file__).parent / "explain"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("case", CASES)
def test_configuration_is_explained_as_expected(case, request):
    told = Gateway(FOLDER / f"{case}.yaml", environ={}).explain()
    expected = FOLDER / f"{case}.txt"
    if request.config.getoption("--golden-update"):
        expected.write_text(told)

    assert told == expected.read_text()


def test_every_expectation_belongs_to_a_case():
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == CASES


def test_one_route_is_explained_alone():
    gateway = Gateway(FOLDER / "edges.yaml", environ={})

    assert gateway.explain("GET /only/{id:uuid}") in gateway.explain()
    assert "POST" not in gateway.explain("GET /only/{id:uuid}")


def test_unknown_route_is_a_key_error():
    with pytest.raises(KeyError):
        Gateway(FOLDER / "edges.yaml", environ={}).explain("GET /nothing")


def test_values_from_the_environment_are_told_by_name():
    environ = {"USERS_URL": "http://secret-host.example:1"}

    assert "secret-host" not in Gateway(FOLDER / "profile.yaml", environ=environ).explain()
