"""The examples on the page about trying a plan bring the answer that the page shows."""

import json
import re

from gateway import Gateway
from gateway.config import load_text
from gateway.rehearsal.request import parse_request
from gateway.rehearsal.run import rehearse, with_examples
from tests.support.processes import ROOT

PAGE = (ROOT / "docs" / "cookbook" / "trying.md").read_text()


def block(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


def test_examples_of_the_page_bring_its_answer():
    request = parse_request("GET /start/42")
    gateway = Gateway(with_examples(load_text(block("yaml"), {}), request), environ={})

    assert json.loads(rehearse(gateway, request).answer.body) == json.loads(block("json"))
