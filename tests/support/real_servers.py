"""Servers of other people's making, started on free ports: uvicorn, nginx, Node."""

import asyncio
import contextlib
import shutil
import socket
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import trustme

BODY = b'{"user_id":42,"name":"Ada"}'

UVICORN = """
import sys, uvicorn
async def app(scope, receive, send):
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json")]
    body = BODY
    if scope["path"] == "/sized":
        headers.append((b"content-length", b"%d" % len(body)))
    if scope["path"] == "/large":
        body = b"x" * 500_000
    status = 200
    if scope["path"] == "/empty":
        status, body = 204, b""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", lifespan="off")
""".replace("BODY", repr(BODY))

NODE = """
const body = BODY;
require("http").createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    if (request.url === "/empty") { response.writeHead(204); response.end(); return; }
    const text = request.url === "/large" ? "x".repeat(500000) : body;
    const headers = { "content-type": "application/json" };
    if (request.url === "/sized") headers["content-length"] = text.length;
    response.writeHead(200, headers);
    response.write(text);
    response.end();
  });
}).listen(Number(process.argv[2]), "127.0.0.1");
""".replace("BODY", repr(BODY.decode()))

NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; {user}
events {{ worker_connections 512; }}
http {{
  access_log off; default_type application/json;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port}{tls};
    {certificate}
    location /empty {{ return 204; }}
    location /large {{ alias {folder}/large; }}
    location / {{ return 200 '{body}'; }}
  }}
}}
"""

UNAVAILABLE = {
    "uvicorn": None,
    "nginx": None if shutil.which("nginx") else "nginx is not on PATH",
    "node": None if shutil.which("node") else "node is not on PATH",
}
"""Why a server cannot be tried here; ``None`` where it can."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.asynccontextmanager
async def running(name: str, authority: trustme.CA | None = None) -> AsyncIterator[str]:
    """Start server *name*; with *authority*, nginx speaks TLS and offers HTTP/2. Gives its URL."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(*_command(name, port, Path(folder), authority))
        try:
            async with asyncio.timeout(10):
                while not await _listens(port):
                    assert process.returncode is None, f"{name} ended with {process.returncode}"
                    await asyncio.sleep(0.01)
            yield f"{'https' if authority else 'http'}://127.0.0.1:{port}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def _command(name: str, port: int, folder: Path, authority: trustme.CA | None) -> list[str]:
    if name == "uvicorn":
        return [sys.executable, "-c", UVICORN, str(port)]
    if name == "node":
        script = folder / "server.js"
        script.write_text(NODE)
        return ["node", str(script), str(port)]
    (folder / "large").write_bytes(b"x" * 500_000)
    certificate = ""
    if authority is not None:
        issued = authority.issue_cert("127.0.0.1")
        issued.private_key_and_cert_chain_pem.write_to_path(folder / "both.pem")
        certificate = f"ssl_certificate {folder}/both.pem; ssl_certificate_key {folder}/both.pem;"
    config = folder / "nginx.conf"
    config.write_text(
        NGINX.format(
            folder=folder,
            port=port,
            user="user root;" if _is_root() else "",
            tls=" ssl http2" if authority else "",
            certificate=certificate,
            body=BODY.decode(),
        )
    )
    return ["nginx", "-c", str(config), "-e", str(folder / "early.log")]


def _is_root() -> bool:
    return Path("/root").exists() and Path.home() == Path("/root")


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.close()
    return True


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context
