"""A KrakenD configuration → a draft of ours and the report of what differs."""

from __future__ import annotations

from gateway.importing.draft import Draft
from gateway.importing.foreign import At
from gateway.importing.krakend.endpoint import EndpointImport
from gateway.importing.krakend.service import Service
from gateway.importing.report import Report


def convert(root: At, *, allow_unguarded: bool = False) -> tuple[Draft, Report]:
    """Everything that *root* (a whole file) asks for, as far as it can be carried."""
    draft, report = Draft(), Report()
    service = Service(root, draft, report, allow_unguarded=allow_unguarded)
    service.convert()
    for endpoint in root["endpoints"].items():
        EndpointImport(endpoint, service).convert()
    return draft, report
