"""Cold starts and prewarming as a configuration says them."""

import pytest

from gateway.config import load_text
from gateway.config.cold_starts import span
from gateway.config.faults import Wrong


def upstream(settings):
    text = f"""
upstreams: {{ f: {{ url: "http://127.0.0.1:9104", {settings} }} }}
routes: {{ GET /x: {{ steps: {{ a: {{ get: f/x }} }} }} }}
"""
    return load_text(text, {}).config.upstreams["f"]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("250-400ms", (0.25, 0.4)),
        ("250ms-0.4s", (0.25, 0.4)),
        ("1-2s", (1.0, 2.0)),
        ("300ms", (0.3, 0.3)),
        ("off", (0.0, 0.0)),
    ],
)
def test_a_span_is_one_length_or_two(written, seconds):
    assert span(written) == seconds


@pytest.mark.parametrize("written", ["400-250ms", "250-400", "-", 250, None, "250ms-", "11s", "1-2-3s"])
def test_what_is_no_span_is_a_fault(written):
    with pytest.raises(Wrong):
        span(written)


def test_nothing_is_prewarmed_unless_it_is_said():
    said = upstream("timeout: 1s")
    assert (said.prewarm, said.cold_timeout, said.auth) == (None, None, None)


def test_prewarm_on_has_defaults():
    prewarm = upstream("prewarm: on").prewarm
    assert (prewarm.concurrency, prewarm.hold, prewarm.every) == (5, (0.25, 0.4), 300.0)
    assert (prewarm.grow, prewarm.wait, prewarm.timeout, prewarm.payload) == (True, 0.0, None, None)


def test_intervals_can_be_off():
    assert upstream("prewarm: { every: off, hold: off }").prewarm.every == 0.0
