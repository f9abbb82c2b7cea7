"""Commands that a person may want to run on a node."""

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.local.console.model import Node


def of(node: Node, processes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return commands that are ready to be copied."""
    found = [f"make logs NAME={process['name']}" for process in processes]
    found += [f"kill -9 {process['pid']}" for process in processes if process["pid"]]
    if node.id.startswith("arn:aws:sqs:"):
        found.append(f".venv/bin/blueprint queues show {node.title}")
    if node.id.startswith("arn:aws:rds:"):
        found.append(".venv/bin/blueprint db lag")
    if node.id.startswith("table-"):
        found.append(f"aws dynamodb scan --table-name {node.title} --max-items 5")
    return found
