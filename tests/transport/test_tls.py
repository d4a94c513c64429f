import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from gateway.transport.tls import TlsFileError, TlsFiles, context_with, http1_context, new_context


def test_certificates_and_names_are_checked():
    for context in (new_context(), http1_context()):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_http1_transports_share_one_context_and_httpx_gets_its_own():
    assert http1_context() is http1_context()
    assert new_context() is not new_context()


@pytest.fixture
def issued():
    return trustme.CA().issue_cert("a.example")


def written(blob, path) -> str:
    blob.write_to_path(path)
    return str(path)


@pytest.fixture
def cert(issued, tmp_path):
    return written(issued.cert_chain_pems[0], tmp_path / "cert.pem")


@pytest.fixture
def key(issued, tmp_path):
    return written(issued.private_key_pem, tmp_path / "key.pem")


def test_without_files_the_systems_authorities_count():
    context = context_with(TlsFiles())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context is not http1_context()


def test_own_authorities_replace_those_of_the_system(tmp_path):
    ca = trustme.CA()
    context = context_with(TlsFiles(ca=written(ca.cert_pem, tmp_path / "ca.pem")))
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert len(context.get_ca_certs()) == 1


def test_verification_can_be_turned_off():
    context = context_with(TlsFiles(verify=False))
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


def test_key_may_stand_in_a_file_of_its_own_or_with_the_certificate(cert, key, issued, tmp_path):
    context_with(TlsFiles(cert=cert, key=key))
    context_with(TlsFiles(cert=written(issued.private_key_and_cert_chain_pem, tmp_path / "both.pem")))


def fault(**files):
    with pytest.raises(TlsFileError) as caught:
        context_with(TlsFiles(**files))
    assert str(caught.value) == caught.value.reason
    return caught.value.part, caught.value.reason


@pytest.mark.parametrize("part", ["ca", "cert", "key"])
def test_file_that_cannot_be_read_is_named(part, cert, tmp_path):
    missing = {"cert": cert} if part == "key" else {}
    assert fault(**{**missing, part: str(tmp_path / "none")}) == (part, "no such file or directory")
    assert fault(**{**missing, part: str(tmp_path)}) == (part, "is a directory")


def test_file_of_something_else_is_named(cert, key, tmp_path):
    other = tmp_path / "other"
    other.write_text("hello\n")
    assert fault(ca=str(other)) == ("ca", "it holds no certificate in PEM form")
    assert fault(ca=key) == ("ca", "it holds no certificate in PEM form")
    assert fault(cert=str(other), key=key) == ("cert", "it holds no certificate in PEM form")
    assert fault(cert=cert, key=str(other)) == ("key", "it holds no private key in PEM form")
    assert fault(cert=cert) == ("cert", "no `key` is given, and it holds none")


def test_key_of_another_certificate_is_named(cert, tmp_path):
    other = written(trustme.CA().issue_cert("b.example").private_key_pem, tmp_path / "other.pem")
    assert fault(cert=cert, key=other) == ("key", "the key is not that of the certificate")


def test_encrypted_key_is_named_and_nobody_is_asked_for_a_password(cert, key, tmp_path):
    loaded = serialization.load_pem_private_key(Path(key).read_bytes(), None)
    secret = serialization.BestAvailableEncryption(b"secret")
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    encrypted = tmp_path / "encrypted.pem"
    encrypted.write_bytes(loaded.private_bytes(pem, pkcs8, secret))
    assert fault(cert=cert, key=str(encrypted)) == ("key", "it is encrypted, and a password cannot be given")
