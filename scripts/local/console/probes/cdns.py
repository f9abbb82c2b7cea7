"""What viewers got from the CDN, and how much of it the edge had itself.

From its log: CloudFront tells CloudWatch neither of hits nor of times unless that is paid for.
"""

from collections.abc import Sequence
from pathlib import Path

from scripts.local.console.model import Node
from scripts.local.console.probes.requests import percentile
from scripts.local.console.probes.window import LENGTH, Window
from scripts.local.runtime.cdns.access_log import AccessLog, Served


class Cdns:
    """Follows the log of each CDN, `<logs>/PROCESS.log`."""

    def __init__(self, logs: Path) -> None:
        self._folder = logs
        self._logs: dict[str, AccessLog] = {}
        self._seen = Window[Served]()

    def measure(self, nodes: Sequence[Node]) -> dict[str, dict[str, float]]:
        """Return requests a second, the share of hits and of server errors, and the 95th percentile in ms."""
        for node in nodes:
            (process,) = node.processes
            log = self._logs.setdefault(process, AccessLog(self._folder / f"{process}.log"))
            self._seen.add(node.id, log.read())
        by_node: dict[str, list[Served]] = {node.id: [] for node in nodes}
        for identifier, served in self._seen.all():
            if identifier in by_node:
                by_node[identifier].append(served)
        return {identifier: figures(served) for identifier, served in by_node.items()}


def figures(served: Sequence[Served]) -> dict[str, float]:
    """Return what the requests of a window come to. A socket's time is its life, and says nothing."""
    found = {"requests": len(served) / LENGTH}
    if served:
        found["hits"] = sum(one.is_hit for one in served) / len(served)
        found["errors"] = sum(one.status >= 500 for one in served) / len(served)
    if times := sorted(one.seconds for one in served if one.status != 101):
        found["p95"] = percentile(times, 0.95) * 1000
    return found
