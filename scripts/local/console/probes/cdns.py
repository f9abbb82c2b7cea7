"""What viewers got from the CDN, and how much of it the edge had itself: from its log."""

import time
from collections.abc import Sequence
from pathlib import Path

from scripts.local.console.model import Node
from scripts.local.console.probes.requests import WINDOW, percentile
from scripts.local.runtime.cdns.access_log import Served, parse
from scripts.local.runtime.logs import NewLines


class Cdns:
    """Follows the log of each CDN, `<logs>/PROCESS.log`."""

    def __init__(self, logs: Path) -> None:
        self._folder = logs
        self._logs: dict[str, NewLines] = {}
        self._seen: list[tuple[float, str, Served]] = []

    def measure(self, nodes: Sequence[Node]) -> dict[str, dict[str, float]]:
        """Return requests a second, the share of hits and of server errors, and the 95th percentile in ms."""
        now = time.monotonic()
        self._seen = [one for one in self._seen if now - one[0] <= WINDOW]
        for node in nodes:
            (process,) = node.processes
            log = self._logs.setdefault(process, NewLines(self._folder / f"{process}.log"))
            self._seen += [(now, node.id, served) for line in log.read() if (served := parse(line))]
        return {
            node.id: figures([served for _, place, served in self._seen if place == node.id])
            for node in nodes
        }


def figures(served: Sequence[Served]) -> dict[str, float]:
    """Return what the requests of a window come to. A socket's time is its life, and says nothing."""
    found = {"requests": len(served) / WINDOW}
    if served:
        found["hits"] = sum(one.is_hit for one in served) / len(served)
        found["errors"] = sum(one.status >= 500 for one in served) / len(served)
    if times := sorted(one.seconds for one in served if one.status != 101):
        found["p95"] = percentile(times, 0.95) * 1000
    return found
