import ssl

from gateway.transport.tls import http1_context, new_context


def test_certificates_and_names_are_checked():
    for context in (new_context(), http1_context()):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_http1_transports_share_one_context_and_httpx_gets_its_own():
    assert http1_context() is http1_context()
    assert new_context() is not new_context()
