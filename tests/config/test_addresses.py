import pytest

from gateway.config.addresses import check_several, proxy, url
from gateway.config.faults import Wrong
from tests.config.sample import faults_of, with_upstream


@pytest.mark.parametrize(
    "address",
    [
        "http://a",
        "https://a.example:8443/base/path/",
        "http://127.0.0.1:9101",
        "http://[::1]:80/x",
        "http://a/%20",
    ],
)
def test_url_is_scheme_host_port_and_base_path(address):
    assert url(address) == address


@pytest.mark.parametrize(
    "address",
    ["a", "ftp://a", "http://", "http:///x", "http://a:99999", "http://a:x", "http://a:0", "http://u:p@a",
     "http://u@a",
     "http://a?b", "http://a#b", "http://a?", "http://{a}", "http://a/../b", "http://a/.", "http://ä",
     "http://a b",
     "http://a\n", "http://a\\b", "http://[::1", "//a", "", 5, None],
)  # fmt: skip
def test_other_urls_are_refused(address):
    with pytest.raises(Wrong):
        url(address)


def test_proxy_is_a_url_or_off():
    assert proxy("http://user:password@squid:3128") == "http://user:password@squid:3128"
    assert with_upstream("{ url: http://a, proxy: off }").proxy is None
    for wrong in ("squid:3128", "http://", "http://a:99999", "socks5://a", 5):
        with pytest.raises(Wrong):
            proxy(wrong)


def test_several_addresses_stand_in_place_of_one():
    assert with_upstream("{ url: http://a }").addresses == ("http://a",)
    assert with_upstream('{ urls: ["http://a:1/x", "http://b:2/x/"] }').addresses == (
        "http://a:1/x",
        "http://b:2/x/",
    )


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ('{ url: http://a, urls: ["http://b"] }', "`url` and `urls` exclude each other"),
        ("{ timeout: 1s }", "u: `url` is missing"),
        ("{ urls: [] }", "an upstream has at least one address"),
        ('{ urls: ["http://a", "http://b", "http://a"] }', "`http://a` stands here twice"),
        ('{ urls: ["http://a", "https://b"] }', "all addresses of an upstream have one scheme"),
        ('{ urls: ["http://a/x", "http://b/y"] }', "all addresses of an upstream have one base path"),
        ('{ urls: ["http://a", "http://b"], unix_socket: /run/a.sock }', "a socket is one address"),
        ('{ urls: ["http://a", "b"] }', "urls: `b` is not an http or https URL"),
        ("{ urls: http://a }", "`urls` must be a list"),
        ("{ urls: }", "urls: there is no value"),
    ],
)
def test_addresses_that_do_not_fit_together_are_faults(settings, fault):
    assert faults_of(with_upstream, settings) == [fault]


def test_fault_of_several_addresses_points_at_the_one_and_the_first():
    with pytest.raises(Wrong) as caught:
        check_several(("http://a", "http://b", "https://c"))

    assert (caught.value.at, caught.value.also) == ((2,), ((0,),))
