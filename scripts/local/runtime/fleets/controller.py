"""Follows the auto-scaling groups: starts, replaces and ends the processes that stand for their instances."""

import asyncio
import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.local import RUNS
from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.fleets import deployed
from scripts.local.runtime.fleets.departures import Departures
from scripts.local.runtime.fleets.instance import Instance
from scripts.local.runtime.fleets.releases import Releases
from scripts.local.runtime.fleets.user_data import Description
from scripts.local.runtime.ports import listens
from scripts.local.runtime.supervisor import ProcessStatus
from scripts.local.runtime.unpacked import RELEASES, Unpacked

logger = logging.getLogger(__name__)

# Of the lifecycle of an instance, the states in which it serves.
SERVING = ("Pending", "InService")
LEAVING = ("Terminating", "Terminating:Wait")
# After a failed boot: an artifact is not downloaded again and again.
RETRY_SECONDS = 5.0

Found = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A group and an instance of it, as they are described."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """An instance of a group, and its process.

    `served_since` is when it was healthy for the first time, in seconds since the epoch.
    """

    group: str
    instance: str
    pid: int | None
    served_since: float | None


class Fleets:
    """Keeps one process for each instance of each auto-scaling group."""

    name = "fleets"
    # The supervisor has an instance wait for the addresses it is told; its artifact is fetched meanwhile.
    after: tuple[str, ...] = ()

    def __init__(self, context: Context) -> None:
        self._context = context
        self._releases = Releases(context.aws, Unpacked(context.state / RELEASES))
        self._bytecode = context.state / "cache" / "bytecode"
        self._descriptions: dict[tuple[str, str], Description] = {}
        self._instances: dict[str, Instance] = {}
        self._next_attempt: dict[str, float] = {}
        self._target_groups: dict[str, list[str]] = {}
        self._members: list[Member] = []
        self._departures = Departures(context)
        self._leaving: dict[str, asyncio.Task[None]] = {}

    async def reconcile(self) -> bool:
        """Follow the groups; True when every instance's process runs and, without a target group, listens."""
        answer = await self._context.aws.collect("autoscaling", "describe_auto_scaling_groups")
        wanted, leaving = _in(answer, SERVING), _in(answer, LEAVING)
        if self._context.takes_over:
            await self._recall(leaving)
        gone = (self._instances.keys() | self._next_attempt.keys() | leaving.keys()) - wanted.keys()
        for identifier in gone - self._leaving.keys():
            self._leave(identifier, leaving[identifier][0] if identifier in leaving else None)
        results = [await self._reconcile(identifier, *found) for identifier, found in wanted.items()]
        self._members = self._look_at_members(wanted)
        return all(results)

    def members(self) -> list[Member]:
        """Return the instances that have booted, as they were at the last reconciliation."""
        return self._members

    async def close(self) -> None:
        """Wait for nobody any more."""
        for task in self._leaving.values():
            task.cancel()

    def _look_at_members(self, wanted: Mapping[str, Found]) -> list[Member]:
        now = time.time()
        statuses = {status.name: status for status in self._context.supervisor.statuses()}
        before = {member.instance: member for member in self._members}
        members = []
        for identifier, instance in self._instances.items():
            status, known = statuses.get(instance.name), before.get(identifier)
            if identifier not in wanted or status is None:
                continue
            if known and known.pid and status.pid != known.pid:
                self._tell_of_end(identifier, status)
            since = known.served_since if known else None
            members.append(
                Member(
                    group=wanted[identifier][0]["AutoScalingGroupName"],
                    instance=identifier,
                    pid=status.pid,
                    served_since=since or (now if status.healthy else None),
                )
            )
        return members

    def _tell_of_end(self, identifier: str, status: ProcessStatus) -> None:
        reason = f" ({status.detail})" if status.detail else ""
        sentence = f"the process of {identifier} ended{reason} and is started again in its place"
        self._context.timeline.tell("health", identifier, sentence)

    async def _recall(self, leaving: Mapping[str, Found]) -> None:
        """Have those instances that another runtime has booted and that leave: they, too, finish first."""
        for identifier in leaving.keys() - self._instances.keys() - self._leaving.keys():
            if self._folder(identifier).exists():
                await self._reconcile(identifier, *leaving[identifier])

    async def _reconcile(self, identifier: str, group: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
        supervisor, addresses = self._context.supervisor, self._context.addresses
        instance = self._instances.get(identifier) or await self._try_to_boot(identifier, group, found)
        if instance is None:
            return False
        await supervisor.ensure(instance.spec(self._context.aws.endpoint, addresses, self._bytecode))
        running = supervisor.pid(instance.name) is not None
        if not group["TargetGroupARNs"]:  # else its load balancer checks its health
            running = running and await listens(instance.port)
            supervisor.report_health(instance.name, healthy=running)
        return running

    async def _try_to_boot(
        self, identifier: str, group: Mapping[str, Any], found: Mapping[str, Any]
    ) -> Instance | None:
        """Return the booted instance; or report why it cannot boot, and try again after a while."""
        now = asyncio.get_running_loop().time()
        if now < self._next_attempt.get(identifier, now):
            return None
        try:
            description = await self._description(found["LaunchTemplate"], group["AutoScalingGroupName"])
            instance = await self._boot(identifier, description)
        except LocalRuntimeError as error:
            self._next_attempt[identifier] = now + RETRY_SECONDS
            self._context.supervisor.report_failure(_unbooted(identifier), role="app", detail=str(error))
            return None
        await self._context.supervisor.stop(_unbooted(identifier))
        self._instances[identifier] = instance
        self._target_groups[identifier] = group["TargetGroupARNs"]
        # From here on the group lets it drain before it is gone.
        tag = {"Key": RUNS, "Value": instance.name}
        await self._context.aws.call("ec2", "create_tags", Resources=[identifier], Tags=[tag])
        self._context.addresses.publish(instance.deployed_address, instance.local_address)
        return instance

    async def _boot(self, identifier: str, description: Description) -> Instance:
        release = await self._releases.unpack(description.artifact)
        port = self._context.ports.take("instance", identifier)
        instance = Instance(identifier, description, port, self._folder(identifier))
        parameters = instance.recall() or await deployed.parameters(self._context.aws, description)
        instance.boot(release, parameters)
        return instance

    def _folder(self, identifier: str) -> Path:
        return self._context.state / "instances" / identifier

    async def _description(self, template: Mapping[str, str], group: str) -> Description:
        """Return what the user data of a launch template's version says; a version never changes."""
        identifier, version = template["LaunchTemplateId"], template["Version"]
        key = (identifier, version)
        if key not in self._descriptions:
            description = await deployed.description(self._context.aws, template, group)
            if not version.isdigit():  # $Latest and $Default lead elsewhere tomorrow
                return description
            self._descriptions[key] = description
        return self._descriptions[key]

    def _leave(self, identifier: str, group: Mapping[str, Any] | None) -> None:
        """Let an instance go in its own time: who takes its place does not wait for that."""
        task = asyncio.create_task(self._let_go(identifier, group), name=f"end of {identifier}")
        self._leaving[identifier] = task

        def forget(_: asyncio.Task[None]) -> None:
            del self._leaving[identifier]
            if not task.cancelled() and (error := task.exception()):
                logger.error("%s could not end: %s", identifier, error)  # it is tried again

        task.add_done_callback(forget)

    async def _let_go(self, identifier: str, group: Mapping[str, Any] | None) -> None:
        """End an instance once it has drained; `group` is the one in which it waits for that, if it does."""
        await self._context.supervisor.stop(_unbooted(identifier))
        self._next_attempt.pop(identifier, None)
        instance = self._instances.get(identifier)
        if instance is not None:
            await self._departures.wait(instance, self._target_groups[identifier])
            await self._context.supervisor.stop(instance.name)
            await asyncio.to_thread(shutil.rmtree, instance.folder, ignore_errors=True)
            self._context.timeline.tell("health", identifier, f"{identifier} has finished and is gone")
        await self._departures.end(identifier, group)
        self._instances.pop(identifier, None)
        self._target_groups.pop(identifier, None)


def _in(answer: Mapping[str, Any], states: Sequence[str]) -> dict[str, Found]:
    """Return the instances in one of these states by their ids."""
    return {
        instance["InstanceId"]: (group, instance)
        for group in answer["AutoScalingGroups"]
        for instance in group["Instances"]
        if instance["LifecycleState"] in states
    }


def _unbooted(identifier: str) -> str:
    """Return the name under which an instance is listed that could not even be booted."""
    return f"instance-{identifier}"
