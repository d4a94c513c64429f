"""A real PgBouncer in transaction mode, in front of a PostgreSQL of the tests."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.postgres import nobody
from tests.support.processes import STOP_LIMIT, free_ports, listens, until

CONFIG = """
[databases]
postgres = host=127.0.0.1 port={behind} dbname=postgres user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {size}
server_reset_query_always = 0
logfile = {folder}/log
pidfile = {folder}/pid
"""


def unavailable() -> str | None:
    """Why there is none; ``None`` if there is."""
    return None if shutil.which("pgbouncer") else "pgbouncer is not on PATH (apt-get install pgbouncer)"


@contextlib.contextmanager
def pgbouncer(behind: int, size: int = 2) -> Iterator[str]:
    """The DSN of a pooler with *size* connections to the server on port *behind*; gone at the end."""
    port = free_ports(1)[0]
    with tempfile.TemporaryDirectory(prefix="gateway-pgbouncer-") as folder:
        config = Path(folder, "pgbouncer.ini")
        config.write_text(CONFIG.format(behind=behind, port=port, size=size, folder=folder))
        user: dict = {}
        if os.geteuid() == 0:
            runs_as = nobody()
            user = {"user": runs_as.pw_uid, "group": runs_as.pw_gid, "extra_groups": []}
            Path(folder).chmod(0o755)
            os.chown(folder, runs_as.pw_uid, runs_as.pw_gid)
        process = subprocess.Popen(
            [shutil.which("pgbouncer"), "-q", str(config)], stdin=subprocess.DEVNULL, **user
        )
        try:
            until(lambda: listens(port), what=f"PgBouncer on port {port}")
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            process.kill()
            process.wait(STOP_LIMIT)
