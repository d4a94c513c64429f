from gateway.config import load_text
from tests.config.sample import UPSTREAMS, faults_of, with_route, with_upstream


def test_upstream_that_says_nothing_takes_the_default():
    upstream = with_upstream("{ url: http://a }", "defaults: { upstream: { timeout: 300ms, breaker: off } }")

    assert upstream.timeout == 0.3
    assert upstream.breaker is None


def test_layer_is_completed_key_by_key():
    defaults = "defaults: { upstream: { breaker: { probes: 7, open_for: 1s } } }"
    breaker = with_upstream("{ url: http://a, breaker: { open_for: 2s } }", defaults).breaker

    assert (breaker.probes, breaker.open_for, breaker.failure_ratio) == (7, 2.0, 0.5)


def test_own_word_beats_the_default_in_either_direction():
    off, on = "defaults: { upstream: { breaker: off } }", "defaults: { upstream: { breaker: { probes: 7 } } }"

    assert with_upstream("{ url: http://a, breaker: on }", off).breaker.probes == 3
    assert with_upstream("{ url: http://a, breaker: off }", on).breaker is None


def test_route_takes_its_own_word_then_the_default_then_the_servers():
    server = "server: { time_limit: 5s, max_body: 1KiB }"
    both = server + "\ndefaults: { route: { time_limit: 4s } }"

    assert with_route("status: 200").time_limit == 2.0
    assert with_route("status: 200", server).time_limit == 5.0
    assert with_route("status: 200", server).max_body == 1024
    assert with_route("status: 200", both).time_limit == 4.0
    assert with_route("time_limit: 3s", both).time_limit == 3.0


def test_headers_of_the_default_and_of_the_route_are_put_together():
    more = "defaults: { route: { headers: { a: 1, b: 1 } } }"

    assert with_route("headers: { b: 2 }", more).headers == {"a": "1", "b": "2"}


def test_wrong_default_is_told_once_however_many_take_it():
    text = UPSTREAMS + "  b: { url: http://b }\n  c: { url: http://c }\nserver: { time_limit: 5 }\n"
    text += "defaults: { upstream: { timeout: 5, tmeout: 1s } }\n"
    text += "routes: { GET /a: { steps: { a: { get: b } } } }\n"

    assert faults_of(load_text, text, {}) == [
        "time_limit: `5` what? A duration needs a unit",
        "timeout: `5` what? A duration needs a unit",
        "unknown key `tmeout` in `defaults: { upstream }`",
    ]


def test_http2_and_proxy_choose_httpx():
    assert with_upstream("{ url: http://a }").transport == "h1"
    assert with_upstream("{ url: http://a, http2: on }").transport == "httpx"
    assert with_upstream("{ url: http://a, proxy: http://p }").transport == "httpx"
    assert with_upstream("{ url: http://a, http2: off, proxy: off }").transport == "h1"
    assert with_upstream('{ url: http://a, proxy: "${P}" }', P="http://p").transport == "httpx"
    assert with_upstream("{ url: http://a }", "defaults: { upstream: { http2: on } }").transport == "httpx"
