import pytest

from gateway.config.faults import Wrong
from gateway.config.tls import LONGEST_SOCKET, TlsSpec, file_name, server_name, socket_path
from tests.config.sample import faults_of, with_upstream


def tls(settings, url="https://a"):
    return with_upstream(f"{{ url: {url}, tls: {settings} }}").tls


def test_nothing_written_is_what_the_system_trusts():
    assert tls("off") is None
    assert with_upstream("{ url: https://a }").tls is None
    assert tls("on") == tls("{}") == TlsSpec()
    assert TlsSpec().verify


def test_every_key_is_read():
    assert tls("{ ca: ca.pem, cert: c.pem, key: k.pem, server_name: b.example }") == TlsSpec(
        ca="ca.pem", cert="c.pem", key="k.pem", server_name="b.example"
    )
    assert not tls("{ verify: off }").verify


def test_defaults_hold_for_https_and_can_be_turned_off():
    defaults = "defaults: { upstream: { tls: { ca: ca.pem } } }"

    def read(settings):
        return with_upstream(settings, defaults).tls

    assert read("{ url: https://a }") == TlsSpec(ca="ca.pem")
    assert read("{ url: https://a, tls: { cert: c.pem } }") == TlsSpec(ca="ca.pem", cert="c.pem")
    assert read("{ url: http://a, tls: off }") is None
    assert faults_of(read, "{ url: http://a }") == ["`tls` is for https, and the url is http"]


@pytest.mark.parametrize("value", ["", "a\nb", None, 5])
def test_path_is_text_of_one_line(value):
    with pytest.raises(Wrong):
        file_name(value)


@pytest.mark.parametrize("value", ["", "http://a", "a:443", "a b", "ä.example", "a/b", None])
def test_server_name_is_a_name_and_nothing_else(value):
    with pytest.raises(Wrong):
        server_name(value)


def test_socket_path_is_absolute_and_fits():
    longest = "/" + "a" * (LONGEST_SOCKET - 1)
    assert socket_path(longest) == longest
    for wrong in (longest + "a", "run/a.sock", "", "/ä" + "a" * (LONGEST_SOCKET - 2)):
        with pytest.raises(Wrong):
            socket_path(wrong)


def test_unix_socket_and_compression_are_off_by_default():
    upstream = with_upstream("{ url: http://a }")
    assert (upstream.unix_socket, upstream.compression) == (None, False)
    upstream = with_upstream("{ url: http://a, unix_socket: /run/a.sock, compression: true }")
    assert (upstream.unix_socket, upstream.compression) == ("/run/a.sock", True)
    assert with_upstream("{ url: http://a, unix_socket: off, compression: off }").unix_socket is None
