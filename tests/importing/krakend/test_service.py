"""What holds for a whole KrakenD file becomes defaults, or is told."""

import pytest

from tests.importing.krakend.samples import endpoint, imported


def test_defaults_are_krakends():
    draft, told = imported(endpoint())

    assert draft.defaults == {
        "upstream": {"breaker": "off", "retry": "off"},
        "route": {"time_limit": "2s", "degraded": "header"},
    }
    assert told == []


def test_timeouts_of_the_file_are_defaults():
    draft, _ = imported(endpoint(), timeout="5s", dialer_timeout="200ms")

    assert draft.defaults["route"]["time_limit"] == "5s"
    assert draft.defaults["upstream"]["connect_timeout"] == "200ms"


def test_timeout_that_go_cannot_read_is_the_default():
    assert imported(endpoint(), timeout="fast")[0].defaults["route"]["time_limit"] == "2s"


def test_constant_security_headers_are_on_answers():
    secure = {
        "sts_seconds": 3600, "frame_deny": True, "content_type_nosniff": True, "browser_xss_filter": False,
        "referrer_policy": "same-origin", "allowed_hosts": ["a"], "sts_include_subdomains": True,
    }  # fmt: skip
    draft, told = imported(endpoint(), extra_config={"security/http": secure})

    assert draft.defaults["route"]["headers"] == {
        "strict-transport-security": "max-age=3600",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }
    lost = [line for line in told if line.startswith("not carried")]
    assert [line.partition('"].')[2] for line in lost] == [
        "allowed_hosts: it has no counterpart",
        "sts_include_subdomains: it has no counterpart",
    ]


def test_everything_without_a_counterpart_is_told():
    _, told = imported(
        endpoint(),
        port=8080,
        version=1,
        tls={},
        max_idle_connections=10,
        unheard_of=1,
        client_tls={},
        extra_config={
            "security/cors": {},
            "github_com/devopsfaith/krakend-gologging": {},
            "router": {"return_error_msg": True},
            "my/own": {},
        },
    )

    assert told == [
        (
            'not carried extra_config["security/cors"]: '
            "no CORS headers are sent: browsers refuse answers to pages of other origins"
        ),
        (
            'not carried extra_config["github_com/devopsfaith/krakend-gologging"]: '
            "the gateway logs in its own way"
        ),
        'not carried extra_config["my/own"]: it has no counterpart',
        "changed version: only versions 2 and 3 are known; it is read as version 3",
        "not carried port: start the gateway with `--port 8080`",
        "not carried tls: the gateway listens without TLS: put what terminates it in front",
        "not carried max_idle_connections: connections are kept by the gateway's own rules",
        "not carried unheard_of: it has no counterpart",
        "not carried client_tls: name its files at the upstreams: `tls: { ca: …, cert: …, key: … }`",
        (
            "not carried extra_config.router.return_error_msg: "
            "`return_error_msg` of the router has no counterpart"
        ),
    ]


def test_bounds_of_heads_are_carried():
    draft, told = imported(endpoint(), read_header_timeout="3s", max_header_bytes=8192)

    assert draft.server == {"head_timeout": "3s", "max_head": "8KiB"}
    assert told == []


@pytest.mark.parametrize("settings", [{}, {"read_header_timeout": "0s", "max_header_bytes": 0}])
def test_heads_that_nothing_bounds_there_are_bounded_as_usual(settings):
    draft, _ = imported(endpoint(), **settings)

    assert draft.server == {}
