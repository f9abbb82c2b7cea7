"""`blueprint local deploy`: a new application bundle reaches the instances, as a deployment to AWS has it."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

from scripts.build import build
from scripts.errors import UserError
from scripts.local import REGION
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.fleets import user_data
from scripts.local.status import read_status
from scripts.local.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scripts.local.up import Progress

APPLICATION = "app"
DEADLINE = 600.0  # seconds: two instances take half a minute, on a machine at its limit minutes
POLL = 0.5
PREFERENCES = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200, "SkipMatching": True}
"""Those that the program deploys where a service says nothing else; the API tells of no group's."""


class DeployError(UserError):
    """The new version could not be deployed."""


def deploy(root: Path, state: Path, progress: Progress) -> dict[str, Any]:
    """Build the application and refresh the groups that run another one; return what became of them.

    That is `{"sha256": ..., "refreshed": [names of groups]}`. Raises DeployError when nothing runs below
    `state`, or when a refresh does not come to its end.
    """
    status = read_status(state)
    if not status["addresses"]:
        raise DeployError("nothing is running that could be deployed to. Start it with: make up")
    aws = Aws(status["addresses"]["aws"], REGION)
    with progress.step("artifacts", "building") as said:
        manifest = build("local", root, root / "dist")
        artifact = manifest.artifacts[APPLICATION]
        said.append(f"{APPLICATION} {artifact.sha256[:12]}")
    bundle = root / "dist" / "local" / artifact.file
    with progress.step("upload", "giving the groups a new version") as said:
        refreshed = [
            group["AutoScalingGroupName"]
            for group in _groups(aws)
            if _renew(aws, group, bundle, artifact.sha256)
        ]
        said.append(f"{len(refreshed)} groups have a new version" if refreshed else "nothing has changed")
    with progress.step("refresh", "replacing instances") as said:
        for name in refreshed:
            _refresh(aws, state, name)
        said.append(f"{', '.join(refreshed) or 'no group'} refreshed")
    return {"sha256": artifact.sha256, "refreshed": refreshed}


def _groups(aws: Aws) -> list[Mapping[str, Any]]:
    pages = aws.client("autoscaling").get_paginator("describe_auto_scaling_groups").paginate()
    groups: list[Mapping[str, Any]] = pages.build_full_result()["AutoScalingGroups"]
    return groups


def _renew(aws: Aws, group: Mapping[str, Any], bundle: Path, sha256: str) -> bool:
    """Give a group a version of its template with the new bundle; return whether it had another one."""
    choice = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    template = choice.get("LaunchTemplateSpecification") or group["LaunchTemplate"]
    identifier, version = template["LaunchTemplateId"], template["Version"]
    ec2 = aws.client("ec2")
    answer = ec2.describe_launch_template_versions(LaunchTemplateId=identifier, Versions=[version])
    encoded = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"].get("UserData", "")
    before = user_data.read(encoded, f"the group {group['AutoScalingGroupName']}").artifact
    if before.sha256 == sha256:
        return False
    # As the program names it: the checksum is in the key.
    key = before.key.replace(before.sha256, sha256)
    aws.client("s3").upload_file(str(bundle), before.bucket, key)
    text = base64.b64decode(encoded).decode().replace(before.sha256, sha256)
    created = ec2.create_launch_template_version(
        LaunchTemplateId=identifier,
        SourceVersion=version,
        LaunchTemplateData={"UserData": base64.b64encode(text.encode()).decode()},
    )
    number = str(created["LaunchTemplateVersion"]["VersionNumber"])
    _launch_from(aws, group, {"LaunchTemplateId": identifier, "Version": number})
    return True


def _launch_from(aws: Aws, group: Mapping[str, Any], template: Mapping[str, str]) -> None:
    policy = group.get("MixedInstancesPolicy")
    if policy:
        choice = {**policy["LaunchTemplate"], "LaunchTemplateSpecification": template}
        change: dict[str, Any] = {"MixedInstancesPolicy": {**policy, "LaunchTemplate": choice}}
    else:
        change = {"LaunchTemplate": template}
    aws.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=group["AutoScalingGroupName"], **change
    )


def _refresh(aws: Aws, state: Path, group: str) -> None:
    """Refresh a group, in place of a refresh that may still go on, and wait until that is over."""
    autoscaling = aws.client("autoscaling")
    started = _newest(autoscaling, group)
    if started and started["Status"] == "InProgress":
        autoscaling.cancel_instance_refresh(AutoScalingGroupName=group)
    Timeline(state).tell("deploy", group, f"{group} gets a new version of the application")
    autoscaling.start_instance_refresh(AutoScalingGroupName=group, Preferences=PREFERENCES)
    deadline = time.monotonic() + DEADLINE
    while (refresh := _newest(autoscaling, group))["Status"] == "InProgress":
        _require_progress(state, group, deadline)
        time.sleep(POLL)
    if refresh["Status"] != "Successful":
        raise DeployError(
            f"the refresh of {group} ended as {refresh['Status']}: old instances may still serve"
        )
    Timeline(state).tell("deploy", group, f"all instances of {group} run the new version")


def _newest(autoscaling: Any, group: str) -> dict[str, Any]:
    answer = autoscaling.describe_instance_refreshes(AutoScalingGroupName=group)
    newest: dict[str, Any] = next(iter(answer["InstanceRefreshes"]), {})
    return newest


def _require_progress(state: Path, group: str, deadline: float) -> None:
    failed = [one for one in read_status(state)["processes"] if one["state"] == "failed"]
    if failed:
        raise DeployError(
            f"{failed[0]['name']} does not start: {failed[0]['detail']}\nIts log: {failed[0]['log']}\n"
            f"The old instances of {group} go on serving. Mend it and deploy again."
        )
    if time.monotonic() > deadline:
        raise DeployError(
            f"{group} was not refreshed within {DEADLINE:.0f} s. What happened: blueprint local timeline"
        )
