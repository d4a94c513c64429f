"""Foreign configurations, what they become, and what an author is told; a case needs no code.

`pytest tests/golden --golden-update` writes the expectations anew: read the difference before committing.
A case is a file, or a folder of files that are imported together; beside it stand ``NAME.out.yaml`` and
``NAME.txt``.
"""

from pathlib import Path

import pytest

from gateway import Gateway
from gateway.config import load_text
from gateway.importing.foreign import parsed
from gateway.importing.krakend import convert as krakend
from gateway.importing.openapi import convert as openapi
from gateway.importing.sound import sound_text

FOLDER = Path(__file__).parent / "import"
CONVERT = {"krakend": lambda roots: krakend.convert(roots[0]), "openapi": openapi.convert}


def is_case(path):
    return not path.name.endswith((".out.yaml", ".txt"))


CASES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*") if is_case(path))


def imported(case):
    """The configuration and the report, with names relative to the folder."""
    path = FOLDER / case
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    draft, report = CONVERT[path.parent.name]([parsed(file.read_text(), file.name) for file in files])
    text = sound_text(draft, report, f"Imported from {', '.join(file.name for file in files)}.")
    return text, str(report)


@pytest.mark.parametrize("case", CASES)
def test_foreign_configuration_becomes_what_is_expected(case, request):
    text, report = imported(case)
    stem = FOLDER / case.rpartition(".")[0] if "." in case else FOLDER / case
    expected = stem.with_suffix(".out.yaml"), stem.with_suffix(".txt")
    if request.config.getoption("--golden-update"):
        for file, told in zip(expected, (text, report), strict=True):
            file.write_text(told)

    assert text == expected[0].read_text()
    assert report == expected[1].read_text()


@pytest.mark.parametrize("case", CASES)
def test_what_is_imported_passes_the_check_and_was_not_saved_by_the_net_below_it(case):
    text, report = imported(case)

    assert Gateway(load_text(text, {}), environ={}).routes
    assert "would not be sound" not in report


def test_every_expectation_belongs_to_a_case():
    stems = {case.rpartition(".")[0] or case for case in CASES}

    assert {str(path.relative_to(FOLDER)).removesuffix(".txt") for path in FOLDER.glob("*/*.txt")} == stems
