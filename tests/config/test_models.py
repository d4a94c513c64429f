import pytest

from gateway.config import load_text
from gateway.config.faults import Wrong
from gateway.config.models import version
from tests.config.sample import UPSTREAMS, faults_of


def test_there_is_one_version():
    assert version(1) == 1
    for other in (2, "1", True, 1.0, None):
        with pytest.raises(Wrong):
            version(other)


def test_configuration_has_upstreams_and_routes():
    assert faults_of(load_text, "version: 1\n", {}) == [
        "`upstreams` is missing in the configuration",
        "`routes` is missing in the configuration",
    ]


def test_routes_keep_the_key_and_the_order_they_were_written_with():
    text = (
        UPSTREAMS
        + "routes:\n  POST /b: { steps: { a: { get: users } } }\n  GET /a: { steps: { a: { get: users } } }\n"
    )

    assert list(load_text(text, {}).config.routes) == ["POST /b", "GET /a"]


def test_configuration_equals_another_of_the_same_content():
    text = UPSTREAMS + "routes: { GET /a: { steps: { a: { get: users } } } }\n"

    assert load_text(text, {}).config == load_text("# a comment\n" + text, {}).config
