"""Upstreams over TLS as an author configures them, from files to the client's answer and the log."""

import ssl

import pytest
import trustme

from gateway import Gateway
from tests.support.gateways import listening
from tests.support.servers import answer, answering, scripted

CONFIG = """
server: {{ access_log: all }}
upstreams:
  users: {{ url: "https://localhost:{port}", tls: {{ ca: ca.pem {more} }}, transport: {transport} }}
routes:
  GET /x: {{ steps: {{ user: {{ get: users/internal }} }} }}
"""


@pytest.fixture
def authority(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority


async def asked(folder, authority, transport, *, issued="localhost", more=""):
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(issued).configure_cert(theirs)
    async with scripted(answering(answer(b'{"name":"Ada"}')), ssl=theirs) as server:
        path = folder / "gateway.yaml"
        path.write_text(CONFIG.format(port=server.port, more=more, transport=transport))
        gateway = Gateway(path, environ={})
        async with gateway, listening(gateway) as listener:
            return await listener.get("/x")


@pytest.mark.parametrize("transport", ["h1", "httpx"])
async def test_profile_over_tls_with_an_own_authority(tmp_path, authority, transport):
    got = await asked(tmp_path, authority, transport)
    assert (got.status, got.body) == (200, b'{"user":{"name":"Ada"}}')


@pytest.mark.parametrize("transport", ["h1", "httpx"])
@pytest.mark.parametrize("wrong", ["certificate", "name"])
async def test_wrong_certificate_is_a_502_whose_reason_stands_only_in_the_log(
    tmp_path, authority, transport, wrong, caplog
):
    stranger = trustme.CA()
    with caplog.at_level("INFO", logger="gateway"):
        if wrong == "certificate":
            got = await asked(tmp_path, stranger, transport)
        else:
            got = await asked(tmp_path, authority, transport, issued="elsewhere.example")
    assert got.status == 502
    assert b'"cause":"unreachable"' in got.body.replace(b'": "', b'":"')
    for secret in (b"certificate", b"localhost", b"TLS", b"elsewhere", b"verify"):
        assert secret not in got.body
        assert secret not in repr(sorted(got.headers.items())).encode()
    reason = (
        "unable to get local issuer certificate" if wrong == "certificate" else "not valid for 'localhost'"
    )
    assert reason in caplog.text
    assert "user unreachable" in caplog.text
