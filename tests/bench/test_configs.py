"""What is made for a row is a configuration that the gateway takes, and has what the row is about."""

import pytest

from bench.configs import LAYERS, with_layer, with_routes, with_slots
from bench.rows import ROWS
from gateway import Gateway
from gateway.config import TracesSpec

ENVIRON = {
    f"BENCH_{name}": f"http://127.0.0.1:{port}" for port, name in enumerate(("USERS", "ORDERS", "RECS"), 1)
}


@pytest.mark.parametrize("name", LAYERS)
def test_configuration_with_one_layer_more_or_less_is_taken(name, tmp_path):
    plain = Gateway(with_routes(1, tmp_path), environ=ENVIRON).explain()

    layered = Gateway(with_layer(name, tmp_path), environ=ENVIRON)

    whole = layered.config  # explain tells of layers, not of what is about the whole gateway
    assert (
        layered.explain() != plain or whole.server.admission or isinstance(whole.telemetry.traces, TracesSpec)
    )


def test_every_layer_has_its_row():
    assert [row.server for row in ROWS if row.name.startswith(("with-", "traced-"))] == [
        f"gateway-with-{name}" for name in LAYERS
    ]


def test_other_configurations_are_taken(tmp_path):
    assert len(Gateway(with_routes(10, tmp_path), environ=ENVIRON).routes) == 10
    assert Gateway(with_slots(50, tmp_path), environ=ENVIRON).slots == 150
