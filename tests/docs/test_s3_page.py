"""The page about S3: its example is sound, and it says what becomes of what refuses a signature."""

import re

from gateway.sources.s3 import REFUSED
from tests.support.compiled import compiled
from tests.support.processes import ROOT

PAGE = (ROOT / "docs/sources/s3.md").read_text()


def test_example_is_a_sound_configuration():
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    assert [step.name for step in compiled(example).routes["GET /me/{user_id:int}"].plan.steps] == [
        "settings",
        "avatar",
    ]


def test_refusals_that_are_named_are_those_of_the_code():
    (row,) = (line for line in PAGE.splitlines() if line.endswith("| unreachable |"))

    assert set(re.findall("`(.*?)`", row)) <= REFUSED
