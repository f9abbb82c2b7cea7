"""How much waits in queues."""

import asyncio
from collections.abc import Mapping, Sequence

from scripts.local.console.model import Node
from scripts.local.runtime.aws_client import Aws

COUNTS = {
    "waiting": "ApproximateNumberOfMessages",
    "in_flight": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}


async def measure(aws: Aws, nodes: Sequence[Node]) -> dict[str, dict[str, float]]:
    """Return how many messages wait, are at work and are delayed, by queue."""
    answers = await asyncio.gather(*(_ask(aws, node.place) for node in nodes))
    return {
        node.id: {name: float(answer[attribute]) for name, attribute in COUNTS.items()}
        for node, answer in zip(nodes, answers, strict=True)
    }


async def _ask(aws: Aws, url: str) -> Mapping[str, str]:
    answer = await aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=list(COUNTS.values()))
    attributes: Mapping[str, str] = answer["Attributes"]
    return attributes
