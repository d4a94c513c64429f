from gateway.config import load_text
from tests.config.sample import faults_of, with_route


def admission(server):
    text = (
        f"server: {server}\nupstreams:\n  u: {{ url: http://a }}\n"
        "routes:\n  GET /x: { steps: { a: { get: u } } }\n"
    )
    return load_text(text, {}).config.server.admission


def test_nobody_is_turned_away_until_asked_for():
    assert admission("{ time_limit: 1s }") is None
    assert admission("{ admission: on }").in_flight == 1000
    assert admission("{ admission: { in_flight: 20 } }").in_flight == 20


def test_routes_have_one_of_three_priorities():
    assert with_route("status: 200").priority == "normal"
    assert with_route("priority: critical").priority == "critical"
    (fault,) = faults_of(with_route, "priority: high")
    assert fault == "priority: `high` is not `critical`, `normal` or `sheddable`"
