"""A real browser, Debian's Chromium, for what only a browser can tell."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scripts.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


class NoBrowserError(UserError):
    """There is no browser on this machine."""


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start the browser without a window, and end it afterwards.

    Raises:
        NoBrowserError: there is none.
    """
    program = shutil.which("chromium")
    if program is None:
        raise NoBrowserError("this needs Chromium on the PATH: apt install chromium")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - who has no browser needs no Playwright

    with sync_playwright() as playwright:
        # As root, as which CI runs, Chromium has no sandbox; it sees pages of this machine alone.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
