"""What clients got: from the access logs of the load balancers."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.local.console.model import Node
from scripts.local.console.probes.window import LENGTH, Window
from scripts.local.runtime.balancers.access_log import AccessLog, Answered

PERCENTILES: Mapping[str, float] = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


class Requests:
    """Follows the log of each load balancer, `<logs>/PROCESS.log`."""

    def __init__(self, logs: Path) -> None:
        self._folder = logs
        self._logs: dict[str, AccessLog] = {}
        self._seen = Window[Answered]()

    def measure(self, balancers: Sequence[Node], targets: Mapping[str, str]) -> dict[str, dict[str, float]]:
        """Return requests a second, percentiles in milliseconds and the share of errors.

        `targets` are the nodes that load balancers send to, each with its local `host:port`.
        """
        for node in balancers:
            (process,) = node.processes
            log = self._logs.setdefault(process, AccessLog(self._folder / f"{process}.log"))
            self._seen.add(node.id, log.read())
        by_balancer: dict[str, list[Answered]] = {node.id: [] for node in balancers}
        by_target: dict[str, list[Answered]] = {place: [] for place in targets.values()}
        for balancer, answered in self._seen.all():
            if balancer in by_balancer:
                by_balancer[balancer].append(answered)
            if answered.target in by_target:
                by_target[answered.target].append(answered)
        of_targets = {node: figures(by_target[place]) for node, place in targets.items()}
        return of_targets | {node: figures(answered) for node, answered in by_balancer.items()}


def figures(answered: Sequence[Answered]) -> dict[str, float]:
    """Return what the requests of a window come to."""
    found: dict[str, float] = {"requests": len(answered) / LENGTH}
    if answered:
        found["errors"] = sum(one.status >= 500 for one in answered) / len(answered)
    times = sorted(one.seconds for one in answered if one.seconds is not None)
    if times:
        found |= {name: percentile(times, share) * 1000 for name, share in PERCENTILES.items()}
    return found


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest of the ordered values that as large a share of them does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
