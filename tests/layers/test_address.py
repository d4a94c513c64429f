import pytest

from gateway.layers.address import DOUBTED_FOR, Address
from gateway.layers.circuit_state import CircuitState
from tests.support.circuits import Traffic
from tests.support.sources import ScriptedSource


def an_address(circuit=None):
    return Address("10.0.0.1", ScriptedSource(), circuit)


def test_each_failure_in_a_row_is_as_one_call_more_for_a_second():
    address = an_address()
    address.pending = 2
    address.failed(10.0)
    address.failed(11.0)

    assert [address.load(now) for now in (11.0, 11.0 + DOUBTED_FOR)] == [4, 2]


def test_success_ends_the_doubt():
    address = an_address()
    address.failed(10.0)
    address.succeeded()

    assert address.load(10.0) == 0


def test_address_without_a_circuit_serves_and_never_refuses():
    assert an_address().serves
    assert not an_address().refuses(0.0)


def test_address_serves_while_its_circuit_lets_everything_pass():
    traffic = Traffic()
    address = an_address(traffic.circuit)
    seen = [address.serves]
    traffic.trip()
    seen.append(address.serves)
    traffic.wait(traffic.open_remaining)
    seen.append(address.refuses(traffic.now))  # a probe may go out…
    traffic.admit()
    seen.append(address.serves)  # …but it is on trial

    assert seen == [True, False, False, False]


@pytest.mark.parametrize(
    ("state", "serves"), [("disabled", True), ("metrics_only", True), ("forced_open", False)]
)
def test_operators_states_serve_or_not(state, serves):
    traffic = Traffic()
    traffic.circuit.force(CircuitState(state), traffic.now)

    assert an_address(traffic.circuit).serves is serves


def test_address_is_suspected_only_while_it_is_on_trial_for_a_hint():
    traffic = Traffic()
    address = an_address(traffic.circuit)
    seen = [address.suspected]
    traffic.circuit.suspect(traffic.now)
    seen.append(address.suspected)
    traffic.fail()
    traffic.wait(traffic.open_remaining)
    traffic.admit()
    seen.append(address.suspected)

    assert seen == [False, True, False]
    assert traffic.state == "half_open"


def test_address_says_what_it_does():
    traffic = Traffic()

    assert repr(an_address(traffic.circuit)) == "<Address 10.0.0.1: 0 pending, closed>"
    assert repr(an_address()) == "<Address 10.0.0.1: 0 pending, without circuit>"
