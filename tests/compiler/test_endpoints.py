import pytest

from gateway.edge.admission import AdmittingEndpoint, AdmittingPassing
from gateway.edge.endpoint import Endpoint
from gateway.edge.passing import PassingEndpoint
from tests.support.gateways import gateway_of

CONFIG = """
server: { @ADMISSION }
upstreams: { a: { url: http://127.0.0.1:1 } }
routes:
  GET /parts: { steps: { x: { get: a } } }
  GET /passed: { proxy: a }
"""


@pytest.mark.parametrize(
    ("admission", "kinds"),
    [
        ("access_log: off", (Endpoint, PassingEndpoint)),
        ("admission: { in_flight: 10 }", (AdmittingEndpoint, AdmittingPassing)),
    ],
)
def test_route_is_answered_by_what_it_asks_for(admission, kinds):
    router = gateway_of(CONFIG.replace("@ADMISSION", admission))._compiled.router

    for path, kind in zip((b"/parts", b"/passed"), kinds, strict=True):
        assert type(router.match("GET", path).target) is kind
