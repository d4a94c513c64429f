"""The project keeps its own rules: size, names, a test file per module, no machine's paths."""

import ast
import re
import subprocess

from tests.support.processes import ROOT

FORBIDDEN = {"utils", "common", "core", "base", "helpers", "manager"}
MACHINE = re.compile(r"(?<![\w.])/(?:home|root|work|Users)/\w|\.\./shared")


def files(*patterns):
    """The project's files that match; those in ignored folders are none of them."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


MODULES = files("gateway/**.py", "services/**.py", "bench/**.py")


def those(paths, are):
    """The names of the files that break a rule."""
    return [str(path.relative_to(ROOT)) for path in paths if are(path)]


def length(path):
    return len(path.read_text().splitlines())


def long_functions(path):
    nodes = ast.walk(ast.parse(path.read_text()))
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [each.name for each in functions if each.end_lineno - each.lineno >= 40]


def test_every_module_has_a_test_file_of_its_name():
    tested = {path.name for path in files("tests/**.py")}
    modules = [path for path in files("gateway/**.py") if path.stem != "__init__"]

    assert those(modules, lambda path: f"test_{path.stem.strip('_')}.py" not in tested) == []


def test_no_file_has_more_than_300_lines_and_half_of_them_fewer_than_120():
    assert those(MODULES, lambda path: length(path) > 300) == []
    assert sorted(map(length, MODULES))[len(MODULES) // 2] < 120


def test_no_function_has_more_than_40_lines():
    assert those(MODULES, long_functions) == []


def test_no_module_is_named_after_nothing():
    assert those(MODULES, lambda path: FORBIDDEN & {path.stem, *path.relative_to(ROOT).parts}) == []


def test_every_module_opens_with_a_sentence():
    assert (
        those(
            MODULES, lambda path: path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text()))
        )
        == []
    )


def test_no_machines_path_is_written_down():
    texts = files("*.md", "*.yaml", "*.toml", "Makefile", "Dockerfile", ".ci/*", "*.py")

    assert those(texts, lambda path: path.name != "test_meta.py" and MACHINE.search(path.read_text())) == []
