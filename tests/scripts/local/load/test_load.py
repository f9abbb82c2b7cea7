"""Visitors come and go as they are asked to, and only on this machine."""

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from scripts.local.console.load import Load
from tests.waiting import until

COMMAND = [sys.executable, "-m", "scripts.local.load"]


class Shop(BaseHTTPRequestHandler):
    """Answers everything, and counts it."""

    seen: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        """Show anything."""
        self._answer(200, {})

    def do_POST(self) -> None:
        """Sign anybody in, and sell anything."""
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(200, {"access_token": "token"})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        """Log nothing."""

    def _answer(self, status: int, document: dict[str, str]) -> None:
        self.seen[self.path.partition("?")[0].rstrip("0123456789")] += 1
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def site() -> Iterator[str]:
    """The address of a shop."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_visitors_look_around_and_one_buys_until_they_are_to_leave(site: str) -> None:
    load = Load()
    await load.set(10, site)
    await until(lambda: load.latest.get("users") == 10 and load.latest["requests"] > 0)
    await until(lambda: {"/products/", "/products", "/accounts/sign-in", "/orders"} <= Shop.seen.keys())
    assert load.wanted == 10

    await load.set(0, site)
    await until(lambda: load.latest["users"] == 0)
    assert load.latest["failures"] == 0

    await load.close()
    assert (load.latest, load.wanted) == ({}, 0)


def test_load_is_made_on_this_machine_alone() -> None:
    result = subprocess.run(
        [*COMMAND, "http://example.com"], capture_output=True, text=True, check=False, input=""
    )

    assert result.returncode == 1
    assert result.stderr.strip() == (
        "http://example.com is not on this machine: load is made on 127.0.0.1 alone."
    )
