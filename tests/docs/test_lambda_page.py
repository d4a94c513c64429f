"""The page about Lambda: its example is sound, and what it says of causes is what the sources do."""

import re

import pytest

from gateway.buffered import Buffered
from gateway.sources.lambda_invoke import Invocation, invoke_ending
from gateway.transport.exchange import Response
from tests.support.compiled import compiled
from tests.support.processes import ROOT
from tests.support.transports import a_call

PAGE = (ROOT / "docs/sources/lambda.md").read_text()
LINES = [line.split("|") for line in PAGE.splitlines() if "| Invoke: " in line]
INVOKE = {line[1].strip(): line[2].strip() for line in LINES}


def test_the_example_is_a_sound_configuration():
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    steps = compiled(example).routes["POST /orders/{id:int}"].plan.steps

    assert [step.name for step in steps] == ["risk", "price", "told"]


@pytest.mark.parametrize("what", INVOKE)
async def test_each_answer_of_the_invoke_api_becomes_the_cause_that_is_said(what):
    cause = re.match(r"[a-z_]+", INVOKE[what].lstrip("`"))[0]
    statuses = re.findall(r"\b([1-5]\d\d)\b", what)
    kinds = re.findall(r"`([A-Za-z0-9]+)", what) or [""]
    for status in statuses:
        for kind in kinds if status == "502" else [""]:
            headers = [(b"x-amzn-errortype", f"{kind}Exception".encode())]
            if "X-Amz-Function-Error" in what:
                headers = [(b"x-amz-function-error", b"Unhandled")]
            call = a_call(Invocation(b"/", b"", b"{}"))

            outcome = invoke_ending(Buffered(100))(Response(int(status), headers, b""), call)

            assert str(getattr(outcome, "cause", None) or "null") == cause, (status, kind)
