"""Queues: those that are worked on, and those where what nobody could process ends."""

import asyncio
import json
from dataclasses import dataclass

from scripts.local.console.model import Node
from scripts.local.runtime.aws_client import Aws


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A queue; `is_end` says that it takes what others give up, and nobody reads it."""

    url: str
    arn: str
    is_end: bool

    @property
    def name(self) -> str:
        """What it is called."""
        return self.arn.rpartition(":")[2]

    @property
    def node(self) -> Node:
        """The queue as a node."""
        return Node(id=self.arn, title=self.name, place=self.url, described={"QueueUrl": self.url})


async def read(aws: Aws) -> list[Queue]:
    """Return every queue, by name."""
    urls = (await aws.collect("sqs", "list_queues")).get("QueueUrls", [])
    mappings = (await aws.collect("lambda", "list_event_source_mappings"))["EventSourceMappings"]
    fed = {found["EventSourceArn"] for found in mappings}
    queues = await asyncio.gather(*(_read(aws, url, fed) for url in urls))
    return sorted(queues, key=lambda queue: queue.name)


async def _read(aws: Aws, url: str, fed: set[str]) -> Queue:
    answer = await aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
    attributes = answer["Attributes"]
    redrives = "deadLetterTargetArn" in json.loads(attributes.get("RedrivePolicy", "{}"))
    arn = attributes["QueueArn"]
    return Queue(url=url, arn=arn, is_end=not redrives and arn not in fed)
