"""Functions as a configuration names them."""

import pytest

from gateway.config import ABSENT, load_text
from gateway.config.faults import Wrong
from gateway.config.lambdas import function_name

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:score"


def loaded(said, step="upstream: f"):
    routes = f"routes: {{ GET /x: {{ steps: {{ a: {{ {step} }} }} }} }}"
    return load_text(f"upstreams: {{ f: {{ lambda: {said} }} }}\n{routes}\n", {}).config


@pytest.mark.parametrize("name", ["score", "my_fn-2", ARN, f"{ARN}:live", f"{ARN}:$LATEST"])
def test_names_and_arns_name_a_function(name):
    assert function_name(name) == name


@pytest.mark.parametrize("name", ["", "a/b", "a b", "score:live", "arn:aws:s3:::b", "x" * 65, "a%2Fb", 7])
def test_what_is_neither_is_a_fault(name):
    with pytest.raises(Wrong):
        function_name(name)


def test_a_name_alone_is_short_for_a_mapping():
    assert loaded(f'"{ARN}"').upstreams["f"].lambda_.function == ARN


def test_a_call_has_defaults():
    step = loaded("{ function: score, region: eu-west-1 }").routes["GET /x"].steps["a"]
    assert (step.payload, step.invocation, step.qualifier, step.envelope) == (ABSENT, "request", None, False)
