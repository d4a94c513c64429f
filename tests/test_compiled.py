"""The list of what is compiled, and the form that runs."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMPILED = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["gateway"]["compiled"]


def test_every_module_of_the_list_exists_and_stands_there_once():
    assert len(set(COMPILED)) == len(COMPILED)
    assert [
        name for name in COMPILED if not (ROOT / "gateway" / f"{name.replace('.', '/')}.py").is_file()
    ] == []


def test_nothing_compiled_lies_among_the_sources():
    """It would run in place of what is edited."""
    assert list((ROOT / "gateway").rglob("*.so")) == []


def test_a_build_that_is_not_asked_for_it_compiles_nothing():
    code = "import runpy, setuptools; setuptools.setup = lambda **how: print(how); runpy.run_path('setup.py')"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=True
    )

    assert done.stdout == "{'ext_modules': []}\n"
