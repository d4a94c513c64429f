"""The lag of the event loop is measured by a timer of its own, and stops with it."""

from gateway.telemetry.histogram import Histogram
from gateway.telemetry.loop_lag import INTERVAL, LoopLag
from tests.support.virtual_time import VirtualTimeLoop


def run_for(loop, seconds):
    loop.call_later(seconds, loop.stop)
    loop.run_forever()


def test_idle_loop_has_no_lag():
    loop, histogram = VirtualTimeLoop(), Histogram()
    lag = LoopLag(loop, histogram)
    lag.start()
    run_for(loop, 10 * INTERVAL + 0.01)
    lag.stop()
    loop.close()

    assert sum(histogram.buckets) == 10
    assert histogram.total < 0.001


def test_busy_loop_is_late():
    loop, histogram = VirtualTimeLoop(), Histogram()
    lag = LoopLag(loop, histogram)
    lag.start()
    loop.call_later(0.2, lambda: setattr(loop._jumping, "now", loop.time() + 3.0))
    run_for(loop, 3.0)
    lag.stop()
    loop.close()

    assert histogram.total >= 2.9


def test_listener_is_told_of_every_delay():
    loop, told = VirtualTimeLoop(), []
    lag = LoopLag(loop, Histogram(), told.append)
    lag.start()
    loop.call_later(0.2, lambda: setattr(loop._jumping, "now", loop.time() + 3.0))
    run_for(loop, 4.0)
    lag.stop()
    loop.close()

    assert max(told) == told[0] >= 2.9
    assert told[1] == 0.0


def test_stopped_probe_leaves_no_timer():
    loop = VirtualTimeLoop()
    lag = LoopLag(loop, Histogram())
    lag.start()
    lag.stop()
    lag.stop()

    assert not [handle for handle in loop._scheduled if not handle.cancelled()]
    loop.close()
