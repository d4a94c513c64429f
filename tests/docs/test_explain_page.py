"""What the page about explain shows is what explain prints."""

import re

from gateway import Gateway
from gateway.config import load_text
from tests.support.processes import ROOT

PAGE = (ROOT / "docs" / "explain.md").read_text()
PROFILE = ROOT / "tests" / "golden" / "explain" / "profile.yaml"


def test_explanation_on_the_page_is_the_one_that_is_printed():
    shown = re.search(r"```\n(GET .*?)```", PAGE, re.DOTALL)[1]
    printed = Gateway(PROFILE, environ={}).explain("GET /user/profile/{user_id:int}").splitlines()

    assert [line for line in shown.splitlines() if line.strip() != "…" and line not in printed] == []


def test_steps_on_the_page_are_sound():
    steps = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]
    route = "".join(f"    {line}\n" for line in steps.splitlines())
    text = f"""
upstreams: {{ users: {{ url: http://users }}, recs: {{ url: http://recs }} }}
routes:
  GET /user/profile/{{user_id:int}}:
{route}"""

    assert Gateway(load_text(text, {}), environ={}).routes
