"""The ``gateway`` command: run · demo · check · explain · try · top · schema · import.

Exit codes: 0 done, 1 cannot run (a port is taken, a service died), 2 the configuration or the command line
has faults.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

if TYPE_CHECKING:
    from gateway.app import Gateway
    from gateway.compiler.routes import CompiledRoute
    from gateway.config import Loaded

OPERATOR_VARIABLE: Final = "GATEWAY_OPERATOR_TOKEN"
"""Environment variable with the operator token of the admin listener."""

_config = click.argument("config", type=click.Path())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fanin-gateway")
def main() -> None:
    """Fan one request out to many upstreams and merge the answers."""


@main.command()
@_config
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the public listener.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option("--admin-host", default="127.0.0.1", show_default=True, help="Address of the admin listener.")
@click.option("--admin-port", default=9901, show_default=True, type=click.IntRange(0, 65535))
@click.option("--docs", type=click.Choice(["public", "admin", "off"]), help="Where /docs is served.")
def run(config: str, host: str, port: int, admin_host: str, admin_port: int, docs: str | None) -> None:
    """Serve CONFIG in this process."""
    from gateway import serve
    from gateway.edge.operator import is_loopback
    from gateway.telemetry.tracing import MissingExporterError

    token = os.environ.get(OPERATOR_VARIABLE) or None  # an empty one is none
    if token is None and not is_loopback(admin_host):
        _fail(f"--admin-host {admin_host} is not loopback: set {OPERATOR_VARIABLE} first", 2)
    gateway = _load(config, operator_token=token, docs=docs)
    log_lines = _log_lines(gateway)
    if token is None:
        click.echo(f"operator token: {gateway.operator_token}", err=True)
    with log_lines:
        try:
            serve.run(gateway, serve.Listener(host, port), serve.Listener(admin_host, admin_port))
        except (serve.BindError, MissingExporterError) as error:
            _fail(str(error), 1)


@main.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option("--admin-port", default=9901, show_default=True, type=click.IntRange(0, 65535))
def demo(port: int, admin_port: int) -> None:
    """Run mock services, a database, a cache and a gateway in front of them."""
    from gateway.demo import run_demo

    sys.exit(run_demo(port=port, admin_port=admin_port))


@main.command()
@_config
def check(config: str) -> None:
    """Say whether CONFIG is sound, and list every fault with its place."""
    gateway = _load(config)
    click.echo(
        f"{config}: sound, {_count(gateway.routes, 'route')} on {_count(gateway.upstreams, 'upstream')}"
    )


@main.command("try")
@_config
@click.argument("request")
@click.option("--mock", is_flag=True, help="Call nobody: each step's `example` is what its call brings.")
@click.option("-H", "--header", "headers", multiple=True, help="A header: `name: value`. May come again.")
@click.option("-d", "--data", help="A body, JSON unless a header says otherwise; @FILE reads one.")
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
def try_(
    config: str, request: str, headers: tuple[str, ...], data: str | None, *, mock: bool, as_json: bool
) -> None:
    """Let CONFIG answer one REQUEST without a server, and print the answer and its waterfall.

    REQUEST is like 'GET /user/42?full=1'. Exit codes: 0 answered with a status below 400, 1 with another, 2
    the configuration or the command line has faults.
    """
    from gateway.config import ConfigError, load
    from gateway.rehearsal.request import parse_request
    from gateway.rehearsal.run import rehearse, with_examples
    from gateway.rehearsal.showing import as_json as told_in_json
    from gateway.rehearsal.showing import shown

    try:
        asked = parse_request(request, headers, _body(data))
        loaded = load(config)
    except (ValueError, OSError, ConfigError) as error:
        _fail(str(error), 2)
    gateway = _load(with_examples(loaded, asked) if mock else loaded)
    with _log_lines(gateway):
        rehearsed = rehearse(gateway, asked)
    click.echo(told_in_json(rehearsed) if as_json else shown(rehearsed), nl=False)
    sys.exit(0 if rehearsed.answer.status < 400 else 1)


_admin = click.option(
    "--admin", default="http://127.0.0.1:9901", show_default=True, help="The admin listener."
)


@main.command()
@_config
@click.argument("route", required=False)
@click.option("--svg", "form", flag_value="svg", help="Draw the plans as an SVG picture.")
@click.option("--mermaid", "form", flag_value="mermaid", help="Draw the plans as Mermaid text, for Markdown.")
@click.option("--live", "form", flag_value="live", help="Measured percentiles, and what they propose.")
@click.option(
    "--for",
    "seconds",
    default=10.0,
    show_default=True,
    type=click.FloatRange(1, 60),
    help="Seconds that --live watches.",
)
@_admin
def explain(config: str, route: str | None, form: str | None, seconds: float, admin: str) -> None:
    """Print what the gateway makes of CONFIG: steps, order, layers, defaults. ROUTE picks one route.

    Exit code 1: nobody answered at the admin listener that --live asks.
    """
    gateway = _load(config)
    if route is not None and route not in gateway.routes:
        _fail(f"no route `{route}`; there are: " + ", ".join(sorted(gateway.routes)), 2)
    routes = list(gateway.routes.values()) if route is None else [gateway.routes[route]]
    if form is None:
        click.echo(gateway.explain(route), nl=False)
    elif form == "live":
        _explain_live(admin, routes, seconds)
    else:
        from gateway.compiler.outlook import graph_of
        from gateway.drawing.mermaid import mermaid
        from gateway.drawing.svg import svg

        draw = {"svg": svg, "mermaid": mermaid}[form]
        click.echo(draw([graph_of(each) for each in routes]), nl=False)


@main.command()
@_admin
@click.option("--once", is_flag=True, help="Print the numbers of now, and leave.")
@click.option(
    "--interval",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.1, 3600),
    help="Seconds between looks.",
)
def top(admin: str, once: bool, interval: float) -> None:  # noqa: FBT001 - click gives it
    """Show live which upstream hurts: the dashboard's numbers in the terminal. q leaves.

    Where there is no terminal to paint on, it prints once. Exit code 1: nobody answered.
    """
    from gateway.top import watch

    try:
        if not once and watch.can_be_live():
            watch.live(admin, interval)
        elif (trouble := watch.once(admin)) is not None:
            _fail(f"{admin}: no answer: {trouble}", 1)
    except ValueError as error:
        _fail(str(error), 2)


@main.command()
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    from gateway.config import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


@main.group("import")
def import_() -> None:
    """Make a configuration out of another system's: it on standard output, what differs on standard error.

    Exit codes: 0 something was carried, 1 nothing could be, 2 a file cannot be read or written.
    """


_output = click.option("-o", "--output", type=click.Path(), help="Write to this file instead.")


@import_.command()
@click.argument("file", type=click.Path())
@_output
@click.option(
    "--allow-unguarded", is_flag=True, help="Serve also routes whose JWT validator (or other guard) is lost."
)
def krakend(file: str, output: str | None, allow_unguarded: bool) -> None:  # noqa: FBT001 - click gives it
    """Import FILE, a KrakenD configuration of version 2 or 3 in JSON, YAML or TOML."""
    from gateway.importing.krakend.convert import convert
    from gateway.importing.run import run_import

    sys.exit(
        run_import(
            [file],
            lambda roots: convert(roots[0], allow_unguarded=allow_unguarded),
            "docs/from-krakend.md",
            output,
        )
    )


@import_.command()
@click.argument("files", type=click.Path(), nargs=-1, required=True)
@_output
def openapi(files: tuple[str, ...], output: str | None) -> None:
    """Draft upstreams and routes from FILES, OpenAPI documents of version 3.0 or 3.1: one upstream each."""
    from gateway.importing.openapi.convert import convert
    from gateway.importing.run import run_import

    sys.exit(run_import(files, convert, "docs/from-openapi.md", output))


def _explain_live(admin: str, routes: list[CompiledRoute], seconds: float) -> None:
    from gateway.top.feed import Away
    from gateway.top.measured import measured

    try:
        click.echo(measured(admin, routes, seconds), nl=False)
    except Away as away:
        _fail(f"{admin}: no answer: {away}", 1)
    except ValueError as error:
        _fail(str(error), 2)


def _body(data: str | None) -> bytes:
    if data is not None and data.startswith("@"):
        return Path(data[1:]).read_bytes()
    return (data or "").encode()


def _load(config: str | Loaded, **options: Any) -> Gateway:
    from gateway.app import Gateway
    from gateway.config import ConfigError

    try:
        return Gateway(config, **options)
    except ConfigError as error:
        _fail(str(error), 2)


def _count(things: Any, noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def _log_lines(gateway: Gateway) -> AbstractContextManager[object]:
    """Where this process writes log lines; elsewhere it speaks to a person."""
    from gateway.telemetry.log_setup import StyleError, chosen_style, logging_to

    try:
        style = chosen_style(gateway.config.telemetry.logs, os.environ, sys.stderr)
    except StyleError as error:
        _fail(str(error), 2)
    return logging_to(sys.stderr, style, os.environ)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)
