import re

import pytest

from gateway.call import Call, Trace
from gateway.sources.propagation import propagated

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


def lines(trace=None, deadline=2.0, now=0.0) -> dict[str, str]:
    call = Call("step", None, deadline, 1.0, trace or Trace(TRACE_ID, "01", "r-1", "b7ad6b7169203331"))
    block = propagated(call, now)
    assert block.endswith(b"\r\n")
    return dict(line.split(": ", 1) for line in block.decode().split("\r\n")[:-1])


def test_traceparent_keeps_the_trace_and_has_a_new_parent_for_each_attempt():
    seen = set()
    for _ in range(100):
        found = re.fullmatch(rf"00-{TRACE_ID}-([0-9a-f]{{16}})-01", lines()["traceparent"])
        assert found[1] not in {"b7ad6b7169203331", "0" * 16}
        seen.add(found[1])
    assert len(seen) == 100


def test_recorded_attempt_tells_its_own_span_as_parent():
    call = Call("step", None, 2.0, 1.0, Trace(TRACE_ID, "01", "r-1"))
    call.span_id = 0xABC

    assert f"traceparent: 00-{TRACE_ID}-0000000000000abc-01\r\n".encode() in propagated(call, 0.0)


def test_request_id_goes_along():
    assert lines()["x-request-id"] == "r-1"


@pytest.mark.parametrize(
    ("deadline", "now", "left"), [(2.0, 0.0, "2000"), (2.0, 1.0006, "999"), (2.0, 2.0, "0"), (2.0, 3.0, "0")]
)
def test_time_left_is_whole_milliseconds_rounded_down_and_never_negative(deadline, now, left):
    assert lines(deadline=deadline, now=now)["x-request-timeout-ms"] == left


def test_tracestate_and_baggage_go_along_only_if_there_are_any():
    assert set(lines()) == {"traceparent", "x-request-id", "x-request-timeout-ms"}
    both = lines(
        Trace(TRACE_ID, "00", "r-1", tracestate="a=1,b=2", baggage="user=ä".encode().decode("latin-1"))
    )
    assert (both["tracestate"], both["baggage"]) == ("a=1,b=2", "user=ä")


def test_time_left_has_the_name_that_the_gateway_gives_it():
    sent = lines(Trace(TRACE_ID, "00", "r-1", time_header="x-patience"))

    assert (sent["x-patience"], "x-request-timeout-ms" in sent) == ("2000", False)
