"""The names of spans and their attributes: each once, each explained, and written down nowhere else."""

import re

from gateway.telemetry.attributes import SPANS, all_attributes
from tests.support.processes import ROOT

WRITTEN = re.compile(r'"(?:http|url|server|error|network|gateway)\.[a-z_.]+"')


def test_names_are_unique_and_explained():
    names = [each.name for each in all_attributes()]

    assert len(names) == len(set(names))
    assert all(each.help.endswith(".") and each.where for each in all_attributes())
    assert all(span.help.endswith(".") for span in SPANS)


def test_what_makes_spans_writes_no_name_down_itself():
    assert WRITTEN.findall((ROOT / "gateway/telemetry/spans.py").read_text()) == []
