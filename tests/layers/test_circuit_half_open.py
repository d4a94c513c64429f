"""A circuit that tries again; H are the scenarios of docs/scenarios.md."""

from tests.support.circuits import Traffic


def half_open(**changed):
    traffic = Traffic(**changed)
    traffic.trip()
    traffic.wait(5.01)
    return traffic


def test_h1_half_open_admits_three_of_a_thousand_and_closes_when_they_succeed():
    traffic = half_open()

    permits = [p for p in (traffic.admit() for _ in range(1000)) if p is not None]
    assert len(permits) == 3
    assert traffic.circuit.refuses(traffic.now)
    assert traffic.circuit.retry_after(traffic.now) == 1.0

    for permit in permits:
        assert traffic.state == "half_open"
        traffic.end(permit)
    assert traffic.events[-1] == ("half_open", "closed", "probes_succeeded")


def test_h1_no_fourth_probe_while_two_are_out_and_one_succeeded():
    traffic = half_open()
    first, *_ = [traffic.admit() for _ in range(3)]

    traffic.end(first)

    assert traffic.circuit.refuses(traffic.now)
    assert traffic.admit() is None


def test_h2_first_failed_probe_opens_at_once_and_the_others_change_nothing():
    traffic = half_open()
    first, *others = [traffic.admit() for _ in range(3)]

    traffic.end(first, failed=True)
    assert (traffic.state, traffic.open_remaining) == ("open", 10.0)

    for permit in others:
        traffic.end(permit)
    assert (traffic.state, traffic.open_remaining) == ("open", 10.0)
    assert traffic.events[-1] == ("half_open", "open", "probe_failed")


def test_h3_probe_whose_client_left_gives_its_permit_back():
    traffic = half_open()
    permits = [traffic.admit() for _ in range(3)]
    assert traffic.admit() is None

    traffic.circuit.cut(permits[0], traffic.now, elapsed=0.05)

    assert traffic.state == "half_open"
    assert traffic.admit() is not None
    assert traffic.admit() is None


def test_h4_probe_that_never_reached_the_upstream_gives_its_permit_back():
    traffic = half_open()

    for _ in range(100):
        traffic.circuit.release(traffic.admit())

    assert (traffic.state, traffic.snapshot.probes_out) == ("half_open", 0)


def test_h5_half_open_circuit_without_traffic_waits_for_ever():
    traffic = half_open()
    traffic.end(traffic.admit())

    traffic.wait(1_000_000.0)

    assert traffic.state == "half_open"
    assert traffic.admit() is not None


def test_h5_probes_whose_permits_were_lost_do_not_keep_it_half_open_for_ever():
    traffic = half_open()
    for _ in range(3):
        traffic.admit()
    traffic.wait(60.0)
    assert traffic.circuit.refuses(traffic.now)

    traffic.wait(0.1)
    assert not traffic.circuit.refuses(traffic.now)
    assert traffic.admit() is None

    assert traffic.events[-1] == ("half_open", "open", "probe_lost")


def test_h6_slow_probes_open_the_circuit_again():
    traffic = half_open()

    traffic.succeed(3, took=0.45)

    assert traffic.events[-1] == ("half_open", "open", "probes_slow")


def test_h6_four_slow_probes_of_five_are_just_too_many():
    traffic = half_open(probes=5)

    traffic.succeed(4, took=0.45)
    traffic.succeed()

    assert traffic.events[-1] == ("half_open", "open", "probes_slow")


def test_h6_one_quick_probe_of_three_is_quick_enough_to_close():
    traffic = half_open()

    traffic.succeed(2, took=0.45)
    traffic.succeed()

    assert traffic.state == "closed"


def test_closed_open_half_open_closed_is_four_events_in_order():
    traffic = Traffic()

    traffic.trip()
    traffic.recover()

    assert traffic.events == [
        ("closed", "open", "failure_rate"),
        ("open", "half_open", "open_time_over"),
        ("half_open", "closed", "probes_succeeded"),
    ]


def test_second_recovery_is_like_the_first():
    traffic = Traffic()

    for _ in range(3):
        traffic.trip()
        traffic.recover()

    assert traffic.state == "closed"


def test_probes_still_out_when_it_opened_again_take_no_place_from_the_next():
    traffic = half_open()
    first, *_ = [traffic.admit() for _ in range(3)]
    traffic.end(first, failed=True)

    traffic.wait(10.0)

    assert [traffic.admit() is not None for _ in range(4)] == [True, True, True, False]
