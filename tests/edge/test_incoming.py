"""What a client says about its request counts only if it is well-formed, and partly only if it is trusted."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.incoming import Intake, new_trace_id

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT_ID = "00f067aa0ba902b7"
SAMPLED = f"00-{TRACE_ID}-{PARENT_ID}-01"
CLIENT = ("10.1.2.3", 4711)


def read(*headers, trust=(), client=CLIENT, limit=2.0):
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return Intake(trust).read(raw, client, limit)


def trace(*headers, **options):
    return read(*headers, **options)[0]


def is_new(found):
    return bool(re.fullmatch("[0-9a-f]{32}", found.trace_id)) and found.trace_id != TRACE_ID


def test_request_without_any_gets_new_ids():
    found, limit = read(("host", "x"), ("accept", "*/*"))

    assert is_new(found)
    assert (found.flags, found.parent_id, found.tracestate, found.baggage) == ("00", "", "", "")
    assert found.request_id == found.trace_id
    assert limit == 2.0


def test_new_ids_differ():
    assert len({new_trace_id() for _ in range(1000)}) == 1000


def test_well_formed_traceparent_is_continued():
    found = trace(("traceparent", SAMPLED))

    assert (found.trace_id, found.parent_id) == (TRACE_ID, PARENT_ID)
    assert found.request_id != TRACE_ID  # many requests share a trace


@pytest.mark.parametrize(
    "value",
    [
        "",
        "00",
        SAMPLED.upper(),
        SAMPLED[:-1],
        SAMPLED + "0",
        SAMPLED + "-extra",  # version 00 ends here
        f"ff-{TRACE_ID}-{PARENT_ID}-01",
        f"0g-{TRACE_ID}-{PARENT_ID}-01",
        f"00-{'0' * 32}-{PARENT_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID[:-1]}-{PARENT_ID}-01",
        f"00-{TRACE_ID}-{PARENT_ID}-0x",
        f"00_{TRACE_ID}_{PARENT_ID}_01",
        f" {SAMPLED}",
        f"{SAMPLED}\n",
    ],
)
def test_malformed_traceparent_is_replaced_and_its_tracestate_dropped(value):
    found = trace(("traceparent", value), ("tracestate", "a=1"))

    assert is_new(found)
    assert (found.parent_id, found.tracestate) == ("", "")


@pytest.mark.parametrize(
    "value", [f"01-{TRACE_ID}-{PARENT_ID}-01", f"cc-{TRACE_ID}-{PARENT_ID}-01-what-ever"]
)
def test_later_versions_are_read_like_the_first(value):
    assert trace(("traceparent", value)).trace_id == TRACE_ID


def test_two_traceparents_are_none():
    assert is_new(trace(("traceparent", SAMPLED), ("traceparent", SAMPLED)))


@pytest.mark.parametrize(
    ("trust", "client", "flags"),
    [
        ((), CLIENT, "00"),
        (("10.0.0.0/8",), CLIENT, "01"),
        (("192.168.0.0/16", "10.1.2.3/32"), CLIENT, "01"),
        (("10.0.0.0/8",), ("11.0.0.1", 1), "00"),
        (("10.0.0.0/8",), ("::ffff:10.0.0.1", 1), "01"),
        (("fd00::/8",), ("fd00::1", 1), "01"),
        (("10.0.0.0/8",), ("testclient", 1), "00"),
        (("0.0.0.0/0",), None, "00"),
    ],
)
def test_sampled_flag_counts_only_from_trusted_addresses(trust, client, flags):
    assert trace(("traceparent", SAMPLED), trust=trust, client=client).flags == flags


def test_flags_other_than_sampled_are_not_sent_on():
    header = ("traceparent", f"00-{TRACE_ID}-{PARENT_ID}-fe")

    assert trace(header, trust=["10.0.0.0/8"]).flags == "00"


def test_faulty_network_is_an_error_at_start():
    with pytest.raises(ValueError, match="host bits"):
        Intake(["10.1.2.3/8"])


def test_m4_trust_is_remembered_for_a_bounded_number_of_addresses():
    intake = Intake(["10.0.0.0/8"])

    assert all(intake.trusts(f"10.0.{n // 256}.{n % 256}") for n in range(5000))
    assert len(intake._trusted) <= 4096


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a=1", "a=1"),
        (" a=1, b=2 ", "a=1, b=2"),
        ("a=" + "x" * 510, "a=" + "x" * 510),
        ("a=" + "x" * 511, ""),
        ("a=\x01", ""),
        ("a=ü", ""),
    ],
)
def test_tracestate_is_kept_up_to_512_clean_bytes(value, kept):
    assert trace(("traceparent", SAMPLED), ("tracestate", value)).tracestate == kept


def test_tracestate_in_several_headers_is_one_list():
    found = trace(("traceparent", SAMPLED), ("tracestate", "a=1"), ("tracestate", "b=2"))

    assert found.tracestate == "a=1,b=2"


def test_tracestate_without_traceparent_is_dropped():
    assert trace(("tracestate", "a=1")).tracestate == ""


def test_baggage_is_kept_only_from_trusted_addresses():
    assert trace(("baggage", "user=7")).baggage == ""
    assert trace(("baggage", "user=7"), trust=["10.0.0.0/8"]).baggage == "user=7"
    assert trace(("baggage", "user=" + "7" * 9000), trust=["10.0.0.0/8"]).baggage == ""


@pytest.mark.parametrize("value", ["r-1", "A.b_c-9", "x" * 64])
def test_sound_request_id_is_kept(value):
    assert trace(("x-request-id", value)).request_id == value


@pytest.mark.parametrize("value", ["", "x" * 65, "a b", "a\n", "a,b", "ü", "a/b", '"a"'])
def test_faulty_request_id_is_replaced(value):
    found = trace(("x-request-id", value))

    assert found.request_id == found.trace_id


def test_two_request_ids_are_none():
    found = trace(("x-request-id", "a"), ("x-request-id", "b"))

    assert found.request_id == found.trace_id


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        ("500", 0.5),
        ("1", 0.001),
        ("2000", 2.0),
        ("60000", 2.0),
        ("0", 2.0),
        ("-5", 2.0),
        ("1.5", 2.0),
        ("1e3", 2.0),
        ("+5", 2.0),
        (" 5", 2.0),
        ("5,5", 2.0),
        ("", 2.0),
        ("soon", 2.0),
        ("9" * 30, 2.0),
    ],
)
def test_time_limit_is_only_ever_shortened(value, limit):
    assert read(("x-request-timeout-ms", value))[1] == limit


def test_time_limit_is_read_from_the_header_of_the_configured_name_and_no_other():
    intake = Intake((), "X-Patience")
    headers = [(b"x-patience", b"250"), (b"x-request-timeout-ms", b"100")]

    found, limit = intake.read(headers, CLIENT, 2.0)

    assert (limit, found.time_header) == (0.25, "x-patience")


def test_without_such_a_header_no_client_shortens_anything():
    found, limit = Intake((), None).read([(b"x-request-timeout-ms", b"100")], CLIENT, 2.0)

    assert (limit, found.time_header) == (2.0, "x-request-timeout-ms")


def test_request_without_any_header_tells_upstreams_by_the_configured_name_too():
    assert Intake((), "X-Patience").read([], CLIENT, 2.0)[0].time_header == "x-patience"


NAMES = st.sampled_from(
    ["traceparent", "tracestate", "baggage", "x-request-id", "x-request-timeout-ms", "host"]
)
VALUES = st.text(st.characters(max_codepoint=255)) | st.sampled_from([SAMPLED, "a=1", "250"])


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_whatever_comes_in_can_be_sent_on(headers):
    found, limit = read(*headers, trust=["10.0.0.0/8"])

    assert re.fullmatch("(?!0{32})[0-9a-f]{32}", found.trace_id)
    assert re.fullmatch("[A-Za-z0-9._-]{1,64}", found.request_id)
    assert re.fullmatch("[ -~]{0,512}", found.tracestate)
    assert re.fullmatch("[ -~]{0,8192}", found.baggage)
    assert 0 < limit <= 2.0


class Recorder:
    """Remembers what it was told."""

    def __init__(self):
        self.begun, self.debugged = [], []

    def begin(self, trace, parent):
        self.begun.append((trace.trace_id, parent))

    def debug(self, trace, *, hosts):
        self.debugged.append((trace.trace_id, hosts))


class Access:
    """Takes ``here`` for this machine, and ``signed`` for a signature."""

    def is_local(self, found, client):
        return client[0] == "here"

    def is_signed(self, value):
        return value == b"signed"


def recorded(*headers, trust=("10.0.0.0/8",), client=CLIENT):
    recorder = Recorder()
    raw = [(name.encode(), value.encode()) for name, value in headers]
    Intake(trust, "x-patience", recorder, Access()).read(raw, client, 1.0)
    return recorder


def test_every_request_is_decided_on_once():
    assert [parent for _, parent in recorded().begun] == [None]
    assert [parent for _, parent in recorded(("x-request-id", "r")).begun] == [None]


@pytest.mark.parametrize(("flags", "parent"), [("00", False), ("01", True), ("03", True)])
def test_trusted_client_that_continues_a_trace_is_heard_and_others_are_not(flags, parent):
    header = ("traceparent", f"00-{TRACE_ID}-{PARENT_ID}-{flags}")

    assert recorded(header).begun == [(TRACE_ID, parent)]
    assert recorded(header, trust=()).begun == [(TRACE_ID, None)]


@pytest.mark.parametrize(
    ("value", "client", "hosts"),
    [("signed", CLIENT, [False]), ("1", ("here", 1), [True]), ("other", CLIENT, [])],
)
def test_debug_header_counts_only_with_a_signature_or_from_here(value, client, hosts):
    assert [told for _, told in recorded(("gateway-debug", value), client=client).debugged] == hosts
