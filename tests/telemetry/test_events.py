"""Every event can be said with its facts, and is named like the others."""

import re
import string

import pytest

from gateway.telemetry.events import all_events
from gateway.telemetry.redaction import is_sensitive


def test_names_are_unique():
    names = [event.name for event in all_events()]

    assert sorted(set(names)) == names


@pytest.mark.parametrize("event", all_events(), ids=lambda event: event.name)
def test_sentence_needs_only_the_events_own_facts(event):
    fields = {field for _, field, _, _ in string.Formatter().parse(event.text) if field}

    assert fields <= set(event.facts)
    assert re.fullmatch(r"[a-z]+(\.[a-z_]+)+", event.name)
    assert event.help.endswith(".")


@pytest.mark.parametrize("event", all_events(), ids=lambda event: event.name)
def test_facts_do_not_take_the_place_of_what_every_line_has(event):
    everywhere = {"timestamp", "level", "logger", "event", "message", "exception", "request_id", "trace_id"}

    assert not everywhere & set(event.facts)
    assert not any(map(is_sensitive, event.facts))
