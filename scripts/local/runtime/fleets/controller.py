"""Follows the auto-scaling groups: starts, replaces and ends the processes that stand for their instances."""

import asyncio
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.fleets import user_data
from scripts.local.runtime.fleets.instance import Instance
from scripts.local.runtime.fleets.releases import Releases
from scripts.local.runtime.fleets.user_data import Description
from scripts.local.runtime.ports import HOST

# Of the lifecycle of an instance, the states in which it serves.
SERVING = ("Pending", "InService")
# After a failed boot: an artifact is not downloaded again and again.
RETRY_SECONDS = 5.0


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
        self._releases = Releases(context.aws, context.state / "cache" / "releases")
        self._bytecode = context.state / "cache" / "bytecode"
        self._descriptions: dict[tuple[str, str], Description] = {}
        self._instances: dict[str, Instance] = {}
        self._next_attempt: dict[str, float] = {}
        self._members: list[Member] = []

    async def reconcile(self) -> bool:
        """Follow the groups; True when every instance's process runs and, without a target group, listens."""
        wanted = await self._wanted()
        known = self._instances.keys() | self._next_attempt.keys()
        await asyncio.gather(*map(self._remove, known - wanted.keys()))
        results = [await self._reconcile(identifier, *found) for identifier, found in wanted.items()]
        self._members = self._look_at_members(wanted)
        return all(results)

    def members(self) -> list[Member]:
        """Return the instances that have booted, as they were at the last reconciliation."""
        return self._members

    async def close(self) -> None:
        """Nothing is held between reconciliations."""

    async def _wanted(self) -> dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """Return the instances in service by their ids, each with its group."""
        answer = await self._context.aws.collect("autoscaling", "describe_auto_scaling_groups")
        return {
            instance["InstanceId"]: (group, instance)
            for group in answer["AutoScalingGroups"]
            for instance in group["Instances"]
            if instance["LifecycleState"] in SERVING
        }

    def _look_at_members(self, wanted: Mapping[str, tuple[Mapping[str, Any], Any]]) -> list[Member]:
        now = time.time()
        healthy = {status.name for status in self._context.supervisor.statuses() if status.healthy}
        before = {member.instance: member.served_since for member in self._members}
        return [
            Member(
                group=wanted[identifier][0]["AutoScalingGroupName"],
                instance=identifier,
                pid=self._context.supervisor.pid(instance.name),
                served_since=before.get(identifier) or (now if instance.name in healthy else None),
            )
            for identifier, instance in self._instances.items()
        ]

    async def _reconcile(self, identifier: str, group: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
        supervisor, addresses = self._context.supervisor, self._context.addresses
        instance = self._instances.get(identifier) or await self._try_to_boot(identifier, group, found)
        if instance is None:
            return False
        await supervisor.ensure(instance.spec(self._context.aws.endpoint, addresses, self._bytecode))
        running = supervisor.pid(instance.name) is not None
        if not group["TargetGroupARNs"]:  # else its load balancer checks its health
            running = running and await _listens(instance)
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
        self._context.addresses.publish(instance.deployed_address, instance.local_address)
        return instance

    async def _boot(self, identifier: str, description: Description) -> Instance:
        release = await self._releases.unpack(description.artifact)
        parameters = await self._parameters(description.parameters)
        folder = self._context.state / "instances" / identifier
        port = self._context.ports.take(identifier)  # no name that could be fixed: there may be many
        instance = Instance(identifier, description, port, folder)
        instance.boot(release, parameters)
        return instance

    async def _description(self, template: Mapping[str, str], group: str) -> Description:
        """Return what the user data of a launch template's version says; a version never changes."""
        identifier, version = template["LaunchTemplateId"], template["Version"]
        key = (identifier, version)
        if key not in self._descriptions:
            answer = await self._context.aws.call(
                "ec2", "describe_launch_template_versions", LaunchTemplateId=identifier, Versions=[version]
            )
            data = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
            origin = f"the auto-scaling group {group!r} (launch template {identifier}, version {version})"
            description = user_data.read(data.get("UserData", ""), origin)
            if not version.isdigit():  # $Latest and $Default lead elsewhere tomorrow
                return description
            self._descriptions[key] = description
        return self._descriptions[key]

    async def _parameters(self, path: str) -> dict[str, str]:
        """Return the parameters below a path in Parameter Store by the last element of their names."""
        answer = await self._context.aws.collect(
            "ssm", "get_parameters_by_path", Path=path, WithDecryption=True
        )
        found = answer["Parameters"]
        return {parameter["Name"].rpartition("/")[2]: parameter["Value"] for parameter in found}

    async def _remove(self, identifier: str) -> None:
        await self._context.supervisor.stop(_unbooted(identifier))
        self._next_attempt.pop(identifier, None)
        instance = self._instances.pop(identifier, None)
        if instance is not None:
            await self._context.supervisor.stop(instance.name)
            await asyncio.to_thread(shutil.rmtree, instance.folder, ignore_errors=True)


def _unbooted(identifier: str) -> str:
    """Return the name under which an instance is listed that could not even be booted."""
    return f"instance-{identifier}"


async def _listens(instance: Instance) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, instance.port)
    except OSError:
        return False
    writer.close()
    return True
