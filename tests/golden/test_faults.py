"""Wrong configurations and what a config author is told about them; a case needs no code.

`pytest tests/golden --golden-update` writes the expectations anew: read the difference before committing.
"""

from pathlib import Path

import pytest

from gateway import Gateway
from gateway.config import ConfigError

FOLDER = Path(__file__).parent / "faults"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def check(path: Path) -> str:
    """What `gateway check` prints about the file, with names relative to the folder."""
    try:
        Gateway(path, environ={})
    except ConfigError as error:
        return str(error).replace(f"{FOLDER}/", "") + "\n"
    return "no faults\n"


@pytest.mark.parametrize("case", CASES)
def test_wrong_configuration_is_told_as_expected(case, request):
    told = check(FOLDER / f"{case}.yaml")
    expected = FOLDER / f"{case}.txt"
    if request.config.getoption("--golden-update"):
        expected.write_text(told)

    assert told == expected.read_text()
    assert told != "no faults\n"


def test_every_expectation_belongs_to_a_case():
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == CASES
