"""Programs that measure one thing are run over the gateway that is measured."""

import subprocess

import pytest

from bench.steps import measured


def test_what_a_program_prints_is_what_was_measured():
    assert "Linux" in measured("platform")


def test_program_that_fails_is_told_with_its_last_words():
    with pytest.raises(subprocess.SubprocessError, match=r"json\.tool"):
        measured("json.tool")
