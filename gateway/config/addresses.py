"""Where an upstream is: its one URL or several, and the proxy in between."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import PlainValidator, WithJsonSchema

from gateway.config.faults import Wrong
from gateway.config.kinds import Shown, or_off, text


def url(value: Any) -> str:
    """Scheme, host, optional port and base path of an upstream, as written. Raises `Wrong`."""
    written = text(value)
    if "{" in written or "}" in written:
        raise Wrong("an upstream's url is never a template", "only ${NAME} can stand in it")
    if not written.isascii() or not written.isprintable() or " " in written:
        raise Wrong("{it} is not a URL", "write other characters %-encoded, other hosts in their xn-- form")
    try:
        parts = urlsplit(written)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Wrong("{it} is not a URL", "write http://host:port/base/path") from None
    if parts.scheme not in {"http", "https"} or not host or port == 0 or "\\" in written:
        raise Wrong("{it} is not an http or https URL", "write http://host:port/base/path")
    if "@" in parts.netloc:
        raise Wrong("a url carries no user or password", "send credentials in a header, from ${NAME}")
    if "?" in written:
        raise Wrong("a url carries no query", "write the query at the call: `get: upstream/path?query`")
    if "#" in written:
        raise Wrong("a url carries no fragment", "remove the `#` and what follows")
    if {".", ".."} & set(parts.path.split("/")):
        raise Wrong("a base path has no `.` or `..` in it")
    return written


def proxy(value: Any) -> str:
    """A proxy's URL; a user and password may stand in it. Raises `Wrong`."""
    written = text(value)
    try:
        parts = urlsplit(written)
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid or not written.isprintable():
        raise Wrong("{it} is not a proxy's URL", "write http://host:port")
    return written


def check_several(urls: tuple[str, ...]) -> None:
    """Addresses of one upstream answer the same calls: they differ in host and port only. Raises `Wrong`
    about the entries of a list.
    """
    if not urls:
        raise Wrong("an upstream has at least one address", "write urls: [http://a:80, http://b:80]")
    first = urlsplit(urls[0])
    for index, other in enumerate(urls):
        parts = urlsplit(other)
        if other in urls[:index]:
            raise Wrong(f"`{_written(other)}` stands here twice", at=(index,), also=((urls.index(other),),))
        if parts.scheme != first.scheme:
            hint = "http and https are two upstreams"
            raise Wrong("all addresses of an upstream have one scheme", hint, (index,), ((0,),))
        if parts.path.rstrip("/") != first.path.rstrip("/"):
            hint = "a step's path is appended to it, and any of them may be asked"
            raise Wrong("all addresses of an upstream have one base path", hint, (index,), ((0,),))


def _written(value: str) -> str:
    return str(getattr(value, "source", value))


_TEXT = WithJsonSchema({"type": "string"})
Url = Annotated[str, PlainValidator(url), _TEXT]
ProxyUrl = Annotated[str | None, PlainValidator(or_off(proxy)), _TEXT, Shown(lambda value: value or "off")]
