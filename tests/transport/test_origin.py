import pytest

from gateway.transport.origin import Origin


@pytest.mark.parametrize(
    ("url", "authority", "port"),
    [
        ("http://a.example", "a.example", 80),
        ("https://a.example/base", "a.example", 443),
        ("http://a.example:80", "a.example", 80),
        ("http://a.example:443", "a.example:443", 443),
        ("https://a.example:8443", "a.example:8443", 8443),
        ("http://[::1]:9101", "[::1]:9101", 9101),
        ("http://[::1]", "[::1]", 80),
        ("http://bücher.example", "xn--bcher-kva.example", 80),
    ],
)
def test_authority_is_what_the_host_header_says(url, authority, port):
    origin = Origin.of(url)
    assert (origin.authority, origin.port) == (authority, port)
    assert origin.secure is url.startswith("https")


def test_host_has_no_brackets():
    assert Origin.of("http://[2001:db8::1]:80").host == "2001:db8::1"


@pytest.mark.parametrize(
    "url", ["ftp://a.example", "a.example:80", "http://", "http://a:0", "http://a:70000"]
)
def test_what_is_no_origin_is_refused(url):
    with pytest.raises(ValueError, match=r"."):
        Origin.of(url)
