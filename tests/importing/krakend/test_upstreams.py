"""Hosts of backends become upstreams, one for all backends of the same settings."""

import pytest

from tests.importing.krakend.samples import backend, endpoint, imported


def upstreams(*backends, **root):
    draft, told = imported(endpoint(*backends), **root)
    return draft.upstreams, told


def test_backends_of_one_host_share_an_upstream():
    assert upstreams(backend(), backend(url_pattern="/c")) == ({"h": {"url": "http://h"}}, [])


@pytest.mark.parametrize(
    ("host", "url"),
    [("h:8080", "http://h:8080"), ("https://h/base/", "https://h/base"), ("http://h", "http://h")],
)
def test_hosts_are_completed_as_krakend_does(host, url):
    assert upstreams(backend(host=[host]))[0]["h"] == {"url": url}


def test_host_of_the_file_is_the_default():
    bare = {"url_pattern": "/b"}

    assert upstreams(bare, host=["http://shared:1"])[0] == {"shared": {"url": "http://shared:1"}}


def test_several_hosts_are_addresses_of_one_upstream():
    found, told = upstreams(backend(host=["a:1", "b:1", "a:1"]))

    assert found == {"a": {"urls": ["http://a:1", "http://b:1"]}}
    assert [line.partition(": ")[2] for line in told] == [
        "a host that stands here twice gets no larger share of the calls",
        "calls go to the address with the least to do, not to each in its turn",
    ]


def test_hosts_that_are_no_addresses_of_one_upstream_are_told():
    found, told = upstreams(backend(host=["http://a", "https://b"]))

    assert found == {"a": {"url": "http://a"}}
    assert told == [
        (
            "changed endpoints[0].backend[0].host: "
            "only the first host is called: all addresses of an upstream have one scheme"
        ),
    ]


def test_password_in_a_host_is_not_written_and_told():
    found, told = upstreams(backend(host=["http://me:secret@h:1"]))

    assert found == {"h": {"url": "http://h:1"}}
    assert "send them in a header" in told[0]
    assert "secret" not in str(told)


@pytest.mark.parametrize("host", [["amqp://h"], ["http://a b"], [], ["http://h/?x"]])
def test_host_that_cannot_be_called_leaves_no_step(host):
    draft, told = imported(endpoint(backend(host=host)))

    assert not draft.routes
    assert told[-1] == "LEFT OUT endpoints[0]: GET /a: none of its backends could be carried"


def test_breaker_opens_after_one_failure_more_than_max_errors():
    new = {"qos/circuit-breaker": {"interval": 60, "timeout": 10, "max_errors": 1}}

    assert upstreams(backend(extra_config=new))[0]["h"]["breaker"] == {
        "consecutive": 2,
        "failure_ratio": 1,
        "minimum_throughput": 2,
        "open_for": "10s",
        "max_open_for": "10s",
        "jitter": 0,
        "probes": 1,
    }


def test_breaker_without_its_settings_is_none():
    found, told = upstreams(backend(extra_config={"qos/circuit-breaker": {"interval": 1}}))

    assert found == {"h": {"url": "http://h"}}
    assert "there is no breaker" in told[0]


def test_names_from_service_discovery_are_told():
    assert "SRV" in upstreams(backend(sd="dns"))[1][0]


def test_function_is_an_upstream_and_its_event_the_parameters_of_the_path():
    extra = {"backend/lambda": {"function_name": "score", "region": "eu-west-1", "max_retries": 2}}
    draft, told = imported(
        endpoint(backend(host=["ignored"], extra_config=extra), endpoint="/a/{userId}/{X}"),
        endpoint(backend(extra_config=extra), endpoint="/a", method="POST"),
    )

    assert draft.upstreams == {"score": {"lambda": {"function": "score", "region": "eu-west-1"}}}
    get, post = [next(iter(route["steps"].values())) for route in draft.routes.values()]
    assert get == {
        "upstream": "score",
        "payload": {"userid": "{userId}", "x": "{X}"},
        "timeout": "1.98s",
    }
    assert post["payload"] == "{body}"
    assert "write retry: on the step" in told[0]


def test_function_of_an_arn_has_its_region_and_another_that_of_the_environment():
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:score"
    for name, expected in (
        (arn, {"function": arn}),
        ("f", {"function": "f", "region": "${AWS_REGION:-us-east-1}"}),
    ):
        draft, _ = imported(endpoint(backend(extra_config={"backend/lambda": {"function_name": name}})))
        assert next(iter(draft.upstreams.values())) == {"lambda": expected}


def test_function_that_the_request_chooses_is_none():
    extra = {"backend/lambda": {"function_param_name": "name"}}

    assert not imported(endpoint(backend(extra_config=extra), endpoint="/{name}"))[0].routes


def test_signed_upstream_is_signed():
    extra = {"auth/aws-sigv4": {"service": "execute-api", "region": "eu-west-1"}}

    assert upstreams(backend(extra_config=extra))[0]["h"]["auth"] == {
        "type": "aws_iam",
        "region": "eu-west-1",
        "service": "execute-api",
    }
