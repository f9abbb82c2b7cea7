"""What databases have left of their storage, as CloudWatch tells it."""

from collections.abc import Sequence

from scripts.local.console.model import Node
from scripts.local.console.probes.cloudwatch import Figure, newest
from scripts.local.runtime.aws_client import Aws

FIGURES = (Figure("free_storage", "FreeStorageSpace", "Minimum", 1.0),)


async def measure(aws: Aws, nodes: Sequence[Node]) -> dict[str, dict[str, float]]:
    """Return the bytes that are free, by database."""
    things = [{"DBInstanceIdentifier": node.title} for node in nodes]
    found = await newest(aws, "AWS/RDS", FIGURES, things)
    return {node.id: own for node, own in zip(nodes, found, strict=True)}
