"""A headless Chromium for tests of pages. Tests that need one skip, and say why, where there is none.

With ``GATEWAY_NEED_BROWSER`` set (continuous integration sets it) they fail instead: a machine that should
have one and has not must not look green.
"""

import contextlib
import os
import shutil

import pytest

NEEDED = "GATEWAY_NEED_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium_path():
    """Where a Chromium is, or ``None``."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextlib.contextmanager
def chromium():
    """A browser; skips the test that asks where there is none."""
    path = chromium_path()
    if path is None:
        reason = (
            f"needs a browser: none of {', '.join(NAMES)} is installed (Debian: apt-get install chromium)"
        )
        (pytest.fail if os.environ.get(NEEDED) else pytest.skip)(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def page_of(browser, url, *, width=1280, height=900, **options):
    """A page of a fresh profile at *url*; asserts at its end that its script had no fault.

    *options* are the profile's: ``color_scheme``, ``reduced_motion``. ``console`` lists its complaints.
    """
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    page = context.new_page()
    faults, page.console = [], []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: page.console.append(line.text) if line.type == "error" else None)
    try:
        page.goto(url)
        yield page
    finally:
        context.close()
    assert not faults, faults
