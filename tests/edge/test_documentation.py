"""The documentation page is complete in itself: all its parts come from this host, and nothing else may."""

import hashlib
import re
from pathlib import Path

import pytest

from gateway.edge import documentation
from gateway.edge.documentation import add_documentation
from gateway.edge.openapi import RouteDescription
from gateway.edge.pages import new_app
from gateway.edge.pattern import parse_pattern
from tests.support.pages import listening

ASSETS = Path(documentation.__file__).parent / "assets"


def documented(*, served_here=True):
    app = new_app()
    route = RouteDescription(method="GET", pattern=parse_pattern("/user/{id:int}"))
    add_documentation(app, [route], served_here=served_here)
    return app


async def test_page_names_only_parts_that_are_served_beside_it():
    async with listening(documented()) as client:
        page = await client.get("/docs")
        parts = re.findall(r'(?:src|href)="(?!data:)([^"]+)"', page.text)
        assert len(parts) == 4
        for part in parts:
            assert (await client.get("/" + part)).status_code == 200


async def test_page_may_load_nothing_from_elsewhere():
    async with listening(documented()) as client:
        page = await client.get("/docs")

    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "http" not in policy
    assert "http" not in page.text
    assert "<script>" not in page.text


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("swagger-ui-bundle.js", "text/javascript"),
        ("swagger-ui.css", "text/css"),
        ("docs.js", "text/javascript"),
    ],
)
async def test_assets_have_their_type(name, media_type):
    async with listening(documented()) as client:
        answer = await client.get(f"/docs/{name}")

    assert answer.headers["content-type"].startswith(media_type)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content == (ASSETS / name).read_bytes()


async def test_document_lists_the_routes():
    async with listening(documented()) as client:
        made = (await client.get("/openapi.json")).json()

    assert list(made["paths"]) == ["/user/{id}"]
    assert "x-served-elsewhere" not in made


async def test_page_on_another_listener_offers_no_requests():
    async with listening(documented(served_here=False)) as client:
        assert (await client.get("/openapi.json")).json()["x-served-elsewhere"] is True


def test_vendored_files_are_those_their_readme_names():
    sums = dict(re.findall(r"\| (\S+) \| ([0-9a-f]{64}) \|", (ASSETS / "README.md").read_text()))

    assert set(sums) == {"swagger-ui-bundle.js", "swagger-ui.css"}
    for name, digest in sums.items():
        assert hashlib.sha256((ASSETS / name).read_bytes()).hexdigest() == digest
    assert "Apache License" in (ASSETS / "LICENSE.swagger-ui").read_text()
