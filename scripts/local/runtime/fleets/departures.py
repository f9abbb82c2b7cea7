"""Instances that leave: they finish their requests first, for as long as their target groups let them.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html,
"Deregistration delay": a target without requests under way need not wait.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

import psutil
from botocore.exceptions import ClientError

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.context import Context
from scripts.local.runtime.fleets.instance import Instance
from scripts.local.runtime.servers import nginx

DELAY = "deregistration_delay.timeout_seconds"
# Seconds between looks at an instance that finishes its requests.
POLL = 0.25
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


class Departures:
    """The instances that are on their way out, and since when."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._since: dict[str, float] = {}

    async def wait(self, instance: Instance, target_groups: Iterable[str]) -> None:
        """Return when an instance may end: nothing new comes, and its requests are done or out of time."""
        while True:
            if await self._is_due(instance, target_groups):
                return
            await asyncio.sleep(POLL)

    async def _is_due(self, instance: Instance, target_groups: Iterable[str]) -> bool:
        forwarded = self._context.forwarded.values()
        if any(instance.local_address in addresses for addresses in forwarded):
            return False
        now = asyncio.get_running_loop().time()
        since = self._since.setdefault(instance.identifier, now)
        passed = now - since
        pid = self._context.supervisor.pid(instance.name)
        if pid is None or passed >= await _delay(self._context.aws, target_groups):
            return True
        return passed >= nginx.LINGER and not await asyncio.to_thread(_is_busy, pid, instance.port)

    async def end(self, identifier: str, group: Mapping[str, Any] | None) -> None:
        """Tell AWS that an instance has ended; `group` is the one that waited for it, if it did."""
        self._since.pop(identifier, None)
        if group is None:
            return
        name, aws = group["AutoScalingGroupName"], self._context.aws
        hooks = await aws.call("autoscaling", "describe_lifecycle_hooks", AutoScalingGroupName=name)
        waiting = [
            hook["LifecycleHookName"]
            for hook in hooks["LifecycleHooks"]
            if hook["LifecycleTransition"] == TERMINATING
        ]
        if not waiting:
            await aws.call("ec2", "terminate_instances", InstanceIds=[identifier])
            return
        with contextlib.suppress(ClientError):  # the group may have been deleted meanwhile
            await aws.call(
                "autoscaling",
                "complete_lifecycle_action",
                AutoScalingGroupName=name,
                LifecycleHookName=waiting[0],
                InstanceId=identifier,
                LifecycleActionResult="CONTINUE",
            )


def _is_busy(pid: int, port: int) -> bool:
    """Tell whether somebody is connected to an instance: a load balancer keeps no idle connection then."""
    try:
        root = psutil.Process(pid)
        found = [
            connection
            for process in (root, *root.children(recursive=True))
            for connection in process.net_connections("tcp")
        ]
    except psutil.Error:  # a part of it has just ended: the next look tells
        return True
    return any(
        connection.status == psutil.CONN_ESTABLISHED and connection.laddr.port == port for connection in found
    )


async def _delay(aws: Aws, target_groups: Iterable[str]) -> float:
    """Return the longest deregistration delay of target groups in seconds; of those that are gone, none."""
    delays = [0.0]
    for arn in target_groups:
        try:
            answer = await aws.call("elbv2", "describe_target_group_attributes", TargetGroupArn=arn)
        except ClientError:
            continue
        delays += [float(one["Value"]) for one in answer["Attributes"] if one["Key"] == DELAY]
    return max(delays)
