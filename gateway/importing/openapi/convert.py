"""OpenAPI documents → a draft with one upstream and its routes for each, and the report of what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.importing.draft import Draft
from gateway.importing.foreign import At
from gateway.importing.openapi.document import Document
from gateway.importing.openapi.operation import OperationImport
from gateway.importing.report import Report

_METHODS: Final = ("get", "put", "post", "delete", "patch", "options", "head", "trace", "query")


def convert(roots: Sequence[At]) -> tuple[Draft, Report]:
    """Everything that the documents at *roots* offer. Raises ``UnreadableError`` for what is none."""
    draft, report = Draft(), Report()
    for document in [Document(root, report) for root in roots]:
        webhooks = document.root["webhooks"]
        if webhooks:
            report.lost(webhooks, "nobody calls them")
        for path, item in document.root["paths"].members():
            for method in document.resolved(item).keys:
                if method in _METHODS:
                    OperationImport(document, path, method, draft, report).convert()
    return draft, report
