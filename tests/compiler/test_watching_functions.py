"""Cold starts, pings and credentials in the metrics."""

from gateway.compiler.watching_functions import watch_functions
from gateway.telemetry.watched import Watched
from tests.support.compiled import compiled

TEXT = """
upstreams:
  plain: { url: "http://127.0.0.1:1" }
  score:
    url: "http://127.0.0.1:2"
    auth: { type: aws_iam, region: r, credentials: { access_key_id: a, secret_access_key: b } }
    cold_timeout: 8s
    prewarm: on
routes: { GET /x: { steps: { a: { get: plain/x } } } }
"""


def test_only_functions_are_watched():
    upstreams = compiled(TEXT).upstreams
    cold = upstreams["score"].addresses[0].cold
    cold.warmth.show(3, 0.0)
    cold.warmth.tally(answered=True, late=False)
    cold.warmth.tally(answered=False, late=True)
    cold.warmth.tally(answered=False, late=False)
    watched = Watched()

    watch_functions(watched, upstreams.values(), lambda: 0.0)

    seen = {name.name: list(look()) for name, look in watched._samples.items()}
    where = ("score", "http://127.0.0.1:2")
    assert seen == {
        "gateway_environments_warm": [(where, 3)],
        "gateway_cold_calls": [((*where, "answered"), 1), ((*where, "late"), 1), ((*where, "failed"), 1)],
        "gateway_prewarm_rounds": [(where, 0)],
        "gateway_prewarm_pings": [((*where, "answered"), 0), ((*where, "failed"), 0)],
        "gateway_credentials_state": [
            ((*where, "good"), 0.0),
            ((*where, "missing"), 1.0),
            ((*where, "refused"), 0.0),
        ],
    }
