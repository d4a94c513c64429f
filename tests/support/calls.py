"""Calls for tests of layers: everything but what the test is about has a harmless value."""

from gateway.call import Call, Trace

TRACE = Trace("0af7651916cd43dd8448eb211c80319c", "00", "req-1")


def make_call(step="orders", *, deadline=float("inf"), timeout=0.5, floor=0.02, **rest):
    return Call(step, None, deadline, timeout, TRACE, floor=floor, **rest)
