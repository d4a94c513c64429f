"""CSV with a line of names (RFC 4180) as a JSON array of objects; every value is text.

A record that ends early lacks its last members; one with more values than there are names is malformed.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from gateway.outcome import Cause, Failure
from gateway.sources.encodings.text import text_of


def decode_csv(body: bytes, content_type: bytes | None) -> Any:
    """The value of *body*, or the ``Failure`` that it is."""
    text = text_of(body, content_type)
    if isinstance(text, Failure):
        return text
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = next(reader, [])
        if len(set(names)) < len(names):
            return Failure(Cause.UNREADABLE, "CSV that names a column twice")
        records = []
        for record in reader:
            if len(record) > len(names):
                return Failure(Cause.UNREADABLE, f"CSV with more values than names in line {reader.line_num}")
            if record:
                records.append(dict(zip(names, record, strict=False)))
    except csv.Error:
        return Failure(Cause.UNREADABLE, f"not CSV, in line {reader.line_num}")
    return records
