"""A page in a real browser: Debian's Chromium, which CI installs."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.waiting import PATIENCE

WIDTH, HEIGHT = 1440, 900
expect.set_options(timeout=PATIENCE * 1000)


@contextmanager
def opened(address: str) -> Iterator[Page]:
    """Open a page; skip the test where there is no browser."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("needs Chromium: apt install chromium")
    with sync_playwright() as playwright:
        # As root, as which CI runs, Chromium has no sandbox; it sees pages of this machine alone.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(address)
        yield page
        browser.close()
