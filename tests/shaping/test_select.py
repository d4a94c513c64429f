"""JMESPath: what it selects, what it finds nothing for, and faults at start-up and at the document."""

import pytest

from gateway.shaping.path import PathFault
from gateway.shaping.select import selecting
from gateway.shaping.tree import Unfit


@pytest.mark.parametrize(
    ("expression", "body", "selected"),
    [
        ("items[?n > `1`].{id: id}", b'{"items":[{"id":"a","n":1},{"id":"b","n":2}]}', b'[{"id":"b"}]'),
        ("sort_by(@, &n)[-1].n", b'[{"n":3},{"n":1}]', b"3"),
        ("a.b.c", b'{"a":1}', b"null"),
        ("@", b"[80.00,12345678901234567890123]", b"[80.0,12345678901234567890123]"),
        ("join(',', keys(@))", b'{"a":1,"b":2}', b'"a,b"'),
        ('@."\xc3\xa9"'.encode().decode(), b"{}", b"null"),
    ],
)
def test_expression_selects(expression, body, selected):
    assert selecting(expression)(body) == selected


@pytest.mark.parametrize(
    ("expression", "offset", "message"),
    [
        ("a.", 2, "it ends too early"),
        ("a[?b", 3, "it ends too early"),
        ("a b", 2, "`b` is not expected here"),
        ("a['x", 2, "unclosed ' delimiter"),
        ("", 0, "cannot be empty"),
        ("lenght(a)", 0, "JMESPath has no function `lenght`"),
        ("a.{n: foo(b)}", 6, "JMESPath has no function `foo`"),
        ("length(a, b)", 0, "`length` takes 1 argument, not 2"),
        ("max_by(a)", 0, "`max_by` takes 2 arguments, not 1"),
        ("[" * 3000, 0, "nested too deep"),
        ("merge()", 0, "`merge` takes at least 1 argument, not 0"),
    ],
)
def test_expression_that_cannot_be_meant_is_a_fault_at_start_up(expression, offset, message):
    with pytest.raises(PathFault) as caught:
        selecting(expression)

    assert message in caught.value.message
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("expression", "body"),
    [
        ("sum(@)", b'["hunter2"]'),
        ("sort_by(@, &a)", b'[{"a":1},{"a":"hunter2"}]'),
        ("a < `1`", b'{"a":"hunter2"}'),
        ("@[::0]", b'["hunter2"]'),
        ("&a", b'"hunter2"'),
    ],
)
def test_document_that_the_expression_does_not_fit_is_unfit_and_not_told(expression, body):
    with pytest.raises(Unfit) as caught:
        selecting(expression)(body)

    assert "hunter2" not in str(caught.value)
