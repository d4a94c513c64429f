"""The table of kinds of sources."""

import pytest

from gateway.config.source_kinds import (
    CALL_KEYS,
    FORMS,
    HTTP,
    INLINE_KINDS,
    SOURCE_KINDS,
    UPSTREAM_KINDS,
    attribute,
)
from gateway.config.specs import fields_of
from gateway.config.step import StepSpec
from gateway.config.upstream import UpstreamSpec


@pytest.mark.parametrize("kind", UPSTREAM_KINDS, ids=lambda kind: kind.name)
def test_upstreams_and_steps_have_the_keys_of_every_kind(kind):
    assert set(kind.made_by) <= set(fields_of(UpstreamSpec))
    assert kind.settings <= set(fields_of(UpstreamSpec))
    if kind is not HTTP:
        assert kind.calls <= set(fields_of(StepSpec))
    assert set(kind.needs) <= kind.calls


@pytest.mark.parametrize("key", CALL_KEYS)
def test_what_a_step_says_to_another_kind_is_absent_unless_it_is_written(key):
    assert hasattr(StepSpec, attribute(key)) or attribute(key) in fields_of(StepSpec)
    assert not fields_of(StepSpec)[key].is_required()


def test_a_kind_stands_under_upstreams_or_in_a_step():
    assert {kind.name for kind in INLINE_KINDS} == {"value", "file"}
    assert set(FORMS) == {"value", "file", "python"}
    assert len({kind.name for kind in SOURCE_KINDS}) == len(SOURCE_KINDS)


def test_words_of_python_have_an_underscore():
    assert (attribute("with"), attribute("sql")) == ("with_", "sql")
    assert HTTP.said == "an http upstream"
