from gateway.compiler.bounds import bounds_of
from gateway.config import load_text
from gateway.telemetry.metrics import Metrics
from gateway.timers import Timers

CONFIG = """
server: { max_head: 2KiB, head_timeout: 3s, send_timeout: 4s }
upstreams: { a: { url: http://a.example } }
routes: { GET /x: { steps: { a: { get: a } } } }
"""


def test_settings_of_the_server_are_what_its_clients_are_held_to():
    metrics = Metrics()
    bounds = bounds_of(load_text(CONFIG, {}).config.server, Timers(), metrics)

    assert (bounds.max_head, bounds.head.length, bounds.unread.length) == (2048, 3.0, 4.0)
    bounds.refused(431)
    bounds.stalled()
    told = metrics.exposition()[0]
    assert b'gateway_heads_refused_total{status="431"} 1\n' in told
    assert b"gateway_clients_stalled_total 1\n" in told
