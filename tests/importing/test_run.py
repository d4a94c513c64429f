"""What goes where: the configuration to standard output or a file, everything else to standard error."""

import json

import pytest

from gateway.importing.krakend.convert import convert
from gateway.importing.run import run_import

CONFIG = {
    "version": 3,
    "endpoints": [{"endpoint": "/a", "backend": [{"url_pattern": "/b", "host": ["http://h"]}]}],
}


@pytest.fixture
def run(tmp_path, capsys):
    """Imports a KrakenD configuration; gives exit code, output and what was told."""

    def imported(config, output=None):
        file = tmp_path / "krakend.json"
        file.write_text(config if isinstance(config, str) else json.dumps(config))
        code = run_import([str(file)], lambda roots: convert(roots[0]), "docs/page.md", output)
        told = capsys.readouterr()
        return code, told.out, told.err.replace(f"{tmp_path}/", "")

    return imported


def test_standard_output_holds_the_configuration_and_nothing_else(run):
    code, out, err = run(CONFIG)

    assert code == 0
    assert out.startswith("# Imported from krakend.json. What differs: docs/page.md\n")
    assert "GET /a" in out
    assert err == "1 route on 1 upstream\n"


def test_it_can_go_to_a_file(run, tmp_path):
    code, out, _ = run(CONFIG, str(tmp_path / "gateway.yaml"))

    assert (code, out) == (0, "")
    assert "GET /a" in (tmp_path / "gateway.yaml").read_text()


def test_file_that_cannot_be_written_is_told(run, tmp_path):
    code, _, err = run(CONFIG, str(tmp_path / "nowhere" / "gateway.yaml"))

    assert code == 2
    assert "No such file or directory" in err


def test_nothing_carried_is_exit_code_1(run):
    code, out, err = run({"version": 3, "endpoints": []})

    assert (code, out, err) == (1, "", "nothing could be carried\n")


def test_file_that_cannot_be_read_is_exit_code_2(run):
    code, out, err = run("{")

    assert (code, out) == (2, "")
    assert err.startswith("krakend.json:1:")
