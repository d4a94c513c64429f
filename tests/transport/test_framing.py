import pytest

from gateway.transport import framing

TE = b"Transfer-Encoding"


@pytest.mark.parametrize(
    ("headers", "version", "fine"),
    [
        ([], "1.0", True),
        ([(TE, b"chunked")], "1.1", True),
        ([(TE, b" Chunked ")], "1.1", True),
        ([(TE, b"chunked")], "1.0", False),
        ([(TE, b"gzip, chunked")], "1.1", False),
        ([(TE, b"chunked"), (b"transfer-encoding", b"chunked")], "1.1", False),
        ([(TE, b"")], "1.1", False),
    ],
)
def test_only_one_coding_is_understood(headers, version, fine):
    assert (framing.fault_in_coding(headers, version) is None) is fine


def test_head_is_bounded_in_number_and_size():
    assert framing.fault_in_size([(b"a", b"b")] * 100) is None
    assert framing.fault_in_size([(b"a", b"b")] * 101)
    assert framing.fault_in_size([(b"a", b"b" * (framing.MAX_HEAD - 1))]) is None
    assert framing.fault_in_size([(b"a", b"b" * framing.MAX_HEAD)])


def test_announced_length_is_found_in_any_case():
    assert framing.announced_length([(b"a", b"1"), (b"Content-LENGTH", b"12 ")]) == 12
    assert framing.announced_length([]) is None


@pytest.mark.parametrize(
    ("data", "body", "chunked", "clean"),
    [
        (b"...\r\n\r\n{}\n", b"{}\n", False, True),
        (b"...\r\n\r\n{}\n\n", b"{}\n", False, False),
        (b"}\n", b"{}\n", False, True),
        (b"}\n\n", b"{}\n", False, False),
        (b"\n", b"{}\n", False, False),  # cannot tell: it may be the body's or not
        (b"\n\n", b"\n\n", False, False),
        (b"...\r\n\r\n", b"", False, True),
        (b"...\r\n\r\n\r\n", b"", False, False),
        (b"0\r\n\r\n", b"{}", True, True),
        (b"0\r\n\r\n\n", b"{}", True, False),
        (b"0\r\n\r\n\r\n\r\n", b"{}", True, False),
        (b"\r\n", b"{}", True, False),
    ],
)
def test_line_ends_after_an_answer_are_seen(data, body, chunked, clean):
    assert framing.ends_with_body(data, body, chunked=chunked) is clean
