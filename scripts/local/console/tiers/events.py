"""What carries events: buses, queues, streams."""

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.local.console.model import Group, Node
from scripts.local.console.tiers.queues import Queue
from scripts.local.runtime.aws_client import Aws


async def groups(aws: Aws, queues: Sequence[Queue]) -> list[Group]:
    """Return the buses, the queues that are worked on, and the streams, each a group of its own."""
    worked_on = [_queue(queue) for queue in queues if not queue.is_end]
    answer = await aws.collect("kinesis", "list_streams")
    return [*await _buses(aws), *worked_on, *(_stream(found) for found in answer["StreamSummaries"])]


def _queue(queue: Queue) -> Group:
    return Group(
        id=queue.arn,
        tier="events",
        kind="queue",
        title=queue.name,
        nodes=(queue.node,),
        told=frozenset({queue.arn, queue.url}),
    )


def _stream(found: Mapping[str, Any]) -> Group:
    node = Node(id=found["StreamARN"], title=found["StreamName"], described=found)
    return Group(
        id=found["StreamARN"],
        tier="events",
        kind="stream",
        title=found["StreamName"],
        nodes=(node,),
        told=frozenset({found["StreamARN"], found["StreamName"]}),
    )


async def _buses(aws: Aws) -> list[Group]:
    buses = (await aws.call("events", "list_event_buses"))["EventBuses"]
    return [await _bus(aws, found) for found in buses if found["Name"] != "default"]


async def _bus(aws: Aws, found: Mapping[str, Any]) -> Group:
    name = found["Name"]
    rules = (await aws.collect("events", "list_rules", EventBusName=name))["Rules"]
    targets = [
        await aws.collect("events", "list_targets_by_rule", Rule=rule["Name"], EventBusName=name)
        for rule in rules
    ]
    patterns = {rule["Name"]: rule.get("EventPattern", "") for rule in rules}
    return Group(
        id=found["Arn"],
        tier="events",
        kind="bus",
        title=name,
        nodes=(Node(id=found["Arn"], title=name, described={"Name": name, "Rules": patterns}),),
        told=frozenset({name, found["Arn"]}),
        leads_to=frozenset(target["Arn"] for some in targets for target in some["Targets"]),
    )
