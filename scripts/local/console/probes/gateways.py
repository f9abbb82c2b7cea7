"""What the API gateways answered lately, as CloudWatch tells it."""

from collections.abc import Sequence

from scripts.local.console.model import Node
from scripts.local.console.probes.cloudwatch import Figure, newest
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.control.minute import MINUTE

FIGURES = (
    Figure("requests", "Count", "Sum", 1 / MINUTE),
    Figure("refused", "4xx", "Sum", 1 / MINUTE),
    Figure("errors", "5xx", "Sum", 1 / MINUTE),
    Figure("duration", "Latency", "Average", 1.0),
)


async def measure(aws: Aws, nodes: Sequence[Node]) -> dict[str, dict[str, float]]:
    """Return requests a second, milliseconds that one took, and shares: refused, and failed."""
    things = [{"ApiId": node.id} for node in nodes]
    found = {}
    for node, own in zip(nodes, await newest(aws, "AWS/ApiGateway", FIGURES, things), strict=True):
        for name in ("refused", "errors"):
            if own.get("requests"):
                own[name] = own.get(name, 0.0) / own["requests"]
        found[node.id] = own
    return found
