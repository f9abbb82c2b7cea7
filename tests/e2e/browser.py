"""Pages in a real browser: Debian's Chromium, which CI installs."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.browser import NoBrowserError, running_browser
from tests.waiting import PATIENCE

WIDTH, HEIGHT = 1440, 900
expect.set_options(timeout=PATIENCE * 1000)


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start a browser; skip the test where there is none."""
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(running_browser())
        except NoBrowserError as error:
            pytest.skip(str(error))
        yield browser


@contextmanager
def opened(address: str) -> Iterator[Page]:
    """Open a page in a browser of its own."""
    with browsing() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(address)
        yield page
