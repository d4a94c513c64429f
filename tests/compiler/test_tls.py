"""Files of an upstream's TLS, found from the file that names them; their faults stand at their place."""

import ssl

import pytest
import trustme

from gateway.compiler.tls import tls_context
from gateway.config import load

CONFIG = """
upstreams:
  u: {{ url: https://a, tls: {{ {} }} }}
routes:
  GET /x: {{ steps: {{ a: {{ get: u }} }} }}
"""


@pytest.fixture
def context_of(tmp_path):
    """The context, or the fault, of an upstream's tls settings in a file next to a folder of certificates."""
    ca = trustme.CA()
    issued = ca.issue_cert("a.example")
    folder = tmp_path / "certs"
    folder.mkdir()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    ca.issue_cert("b.example").private_key_pem.write_to_path(folder / "other.pem")

    def read(settings, **environ):
        path = tmp_path / "gateway.yaml"
        path.write_text(CONFIG.format(settings))
        loaded = load(path, environ)
        faults = []
        context = tls_context("u", loaded.config.upstreams["u"], loaded.places, faults)
        return context or faults[0]

    return read


def test_paths_are_relative_to_the_file_that_says_so(context_of):
    context = context_of("ca: certs/ca.pem, cert: certs/cert.pem, key: certs/key.pem")
    assert isinstance(context, ssl.SSLContext)
    assert len(context.get_ca_certs()) == 1


def test_absolute_paths_are_taken_as_they_are(context_of, tmp_path):
    assert isinstance(context_of('ca: "${CA}"', CA=str(tmp_path / "certs/ca.pem")), ssl.SSLContext)


def test_verification_can_be_turned_off(context_of):
    assert context_of("verify: off").verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize(
    ("settings", "part", "message"),
    [
        ("ca: nowhere.pem", "nowhere.pem", "`ca` cannot be used: no such file or directory"),
        ("ca: certs", "certs", "`ca` cannot be used: is a directory"),
        ("ca: certs/key.pem", "certs/key.pem", "`ca` cannot be used: it holds no certificate in PEM form"),
        (
            "cert: certs/cert.pem, key: certs/other.pem",
            "certs/other.pem",
            "`key` cannot be used: the key is not that of the certificate",
        ),
    ],
)
def test_file_that_is_wrong_is_a_fault_at_its_place(context_of, settings, part, message):
    fault = context_of(settings)
    assert fault.message == message
    assert fault.place.text[fault.place.column - 1 :].startswith(part)


def test_value_from_the_environment_is_not_told(context_of):
    fault = context_of('ca: "${CA}"', CA="/secret/place.pem")
    assert "secret" not in str(fault)
    assert "${CA}" in str(fault)
