"""A small HTTP server that stands for a target or an origin, and does what a test wants of it."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Backend:
    """Answers every request with its `name` and what it was asked; counts the requests by path.

    `statuses` are answers by path other than 200, `headers` those of answers; a path in `hung_up` gets none,
    one in `slow` its answer after so many seconds.
    """

    name: str
    port: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    hung_up: set[str] = field(default_factory=set)
    slow: dict[str, float] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def count(self, path: str) -> int:
        return sum(asked == path for asked in self.requests)


@contextlib.contextmanager
def running(name: str, headers: Mapping[str, str] | None = None) -> Iterator[Backend]:
    """Run a backend until the `with` block ends."""
    backend = Backend(name, headers=dict(headers or {}))

    class Handler(_Handler):
        told = backend

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    backend.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield backend
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    told: Backend

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.told.requests.append(path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        if path in self.told.hung_up:
            return
        time.sleep(self.told.slow.get(path, 0))
        seen = {
            "name": self.told.name,
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body,
        }
        answer = json.dumps(seen).encode()
        self.send_response(self.told.statuses.get(path, 200))
        for name, value in self.told.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(BrokenPipeError):  # who asked may not have waited
                self.wfile.write(answer)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


for method in ("POST", "PUT", "DELETE", "HEAD"):
    setattr(_Handler, f"do_{method}", _Handler.do_GET)
