"""``python -m services.mock users --port 9101``: run one mock service, or ``all`` of them."""

from __future__ import annotations

import click

from services.mock.addresses import PORTS
from services.mock.server import serve


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("service", type=click.Choice([*PORTS, "all"]))
@click.option("--port", type=click.IntRange(1, 65535), help="All: of the first, the others follow.")
@click.option("--host", default="127.0.0.1", show_default=True, help="/__ paths answer on loopback anyway.")
def main(service: str, port: int | None, host: str) -> None:
    """Serve a mock upstream: users (9101), orders (9102), recommendations (9103), functions (9104), or all.

    functions is a local Lambda: a function URL that wants signed requests, and the Invoke API.
    """
    names = list(PORTS) if service == "all" else [service]
    first = port or PORTS[names[0]]
    try:
        serve({name: first + offset for offset, name in enumerate(names)}, host)
    except OSError as error:
        raise click.ClickException(error.strerror or str(error)) from error


if __name__ == "__main__":
    main()
