"""The hosts of a KrakenD backend and what guards them → an upstream of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gateway.config.addresses import check_several, url
from gateway.config.faults import Wrong
from gateway.importing.draft import Variable
from gateway.importing.foreign import At
from gateway.importing.krakend.namespaces import extra
from gateway.importing.krakend.quantities import written
from gateway.importing.naming import name_of, upstream_name

if TYPE_CHECKING:
    from gateway.importing.krakend.service import Service
    from gateway.importing.report import Report


def upstream_of(backend: At, service: Service) -> str | None:
    """The name of the upstream that *backend* calls; ``None``, and reported, if it has none."""
    report = service.report
    hosts = backend["host"] or service.root["host"]
    urls = [sound for host in hosts.texts if (sound := _url(host, hosts, report))]
    if not urls:
        report.lost(hosts or backend, "it has no host that can be called")
        return None
    unique = list(dict.fromkeys(urls))
    if len(unique) < len(urls):
        report.changed(hosts, "a host that stands here twice gets no larger share of the calls")
    if backend["sd"].text not in {"", "static"}:
        report.changed(backend["sd"], "names are looked up as hosts, not as SRV records: check the ports")
    settings: dict[str, Any] = {"url": unique[0]}
    if len(unique) > 1:
        try:
            check_several(tuple(unique))
            settings = {"urls": unique}
            report.changed(hosts, "calls go to the address with the least to do, not to each in its turn")
        except Wrong as wrong:
            report.changed(hosts, f"only the first host is called: {wrong.message}")
    signing = extra(backend, "auth/aws-sigv4")
    if signing:
        settings["auth"] = {"type": "aws_iam", "region": _region(signing)}
        if signing["service"].text not in {"", "lambda"}:
            settings["auth"]["service"] = signing["service"].text
    return service.draft.upstream(upstream_name(unique[0]), settings | _guards(backend, report))


def function_of(backend: At, service: Service) -> str | None:
    """The name of the upstream for the Lambda function that *backend* calls; ``None``, and reported, if it is
    chosen by each request.
    """
    settings = extra(backend, "backend/lambda")
    name = settings["function_name"].text
    if not name:
        service.report.lost(
            settings, "the function is chosen by the request; name it in an upstream of its own"
        )
        return None
    if settings["max_retries"].value:
        service.report.lost(settings["max_retries"], "nothing is sent again: write retry: on the step")
    function: dict[str, Any] = {"function": name}
    if not name.startswith("arn:"):
        function["region"] = _region(settings)
    if settings["endpoint"].text:
        function["endpoint"] = settings["endpoint"].text
    wanted = name_of(name.rpartition(":")[2], "function")
    return service.draft.upstream(wanted, {"lambda": function} | _guards(backend, service.report))


def _region(settings: At) -> str:
    """The region that is written, else the one that the SDK's own variable says."""
    return settings["region"].text or Variable("${AWS_REGION:-us-east-1}")


def _guards(backend: At, report: Report) -> dict[str, Any]:
    breaker = _breaker(extra(backend, "qos/circuit-breaker"), report)
    return {"breaker": breaker} if breaker else {}


def _url(host: str, at: At, report: Report) -> str | None:
    """A host as KrakenD completes it: http without a scheme, no slash at the end."""
    whole = (host if "://" in host else f"http://{host}").rstrip("/")
    try:
        parts = urlsplit(whole)
        if parts.username or parts.password:
            whole = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
            report.lost(at, "the user and password in the host: send them in a header, from ${NAME}")
        return url(whole)
    except ValueError as error:  # Wrong is one
        message = error.message if isinstance(error, Wrong) else "{it} is not a URL"
        report.lost(at, message.replace("{it}", f"`{host}`"))
        return None


def _breaker(at: At, report: Report) -> dict[str, Any] | None:
    """Opens after more than ``max_errors`` failures in a row, for ``timeout`` seconds, and tries one call.

    That all of so many calls failed is the same as so many in a row, so the ratio adds nothing here.
    """
    if not at:
        return None
    errors, open_for = at.first("max_errors", "maxErrors").number, at["timeout"].number
    if errors is None or not open_for or open_for < 0:
        report.lost(at, "`max_errors` and `timeout` are needed: there is no breaker")
        return None
    row = max(1, int(errors) + 1)
    seconds = written(open_for)
    report.changed(
        at, f"opens after {row} failures in a row, none of them a 4xx, for all routes that call this host"
    )
    return {
        "consecutive": row,
        "failure_ratio": 1,
        "minimum_throughput": row,
        "open_for": seconds,
        "max_open_for": seconds,
        "jitter": 0,
        "probes": 1,
    }
