"""Auto Scaling: instance refreshes, and from which version of a template an instance was launched.

Needed for moto 5.2.5, which has no refreshes, and says of every instance that it was launched from the
default version of the template.

A refresh is over when no instance in service is from another version than the group's. Who replaces them is
the runtime; whatever replaces them, the description tells how far it is.
"""

import uuid
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.models import FakeAutoScalingGroup, InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

_create_state = InstanceState.__init__

ACTIVE = "InProgress"


def install() -> None:
    """Add them."""
    AutoScalingResponse.start_instance_refresh = _start  # type: ignore[attr-defined]
    AutoScalingResponse.cancel_instance_refresh = _cancel  # type: ignore[attr-defined]
    AutoScalingResponse.describe_instance_refreshes = _describe  # type: ignore[attr-defined]
    InstanceState.__init__ = _create_with_version  # type: ignore[method-assign]
    InstanceState.launch_template = property(_launched_from)  # type: ignore[assignment,method-assign]


def _start(self: AutoScalingResponse) -> ActionResult:
    group = _group(self)
    if any(refresh["Status"] == ACTIVE for refresh in _refreshes(group)):
        raise AutoscalingClientError(
            "InstanceRefreshInProgress",
            "An Instance Refresh is already in progress and blocks the execution.",
        )
    refresh = {
        "InstanceRefreshId": str(uuid.uuid4()),
        "AutoScalingGroupName": group.name,
        "Status": ACTIVE,
        "StartTime": utcnow(),
        "Preferences": self._get_param("Preferences", {}),
        "Before": max(len(group.active_instances()), 1),
    }
    _refreshes(group).insert(0, refresh)
    return ActionResult({"InstanceRefreshId": refresh["InstanceRefreshId"]})


def _cancel(self: AutoScalingResponse) -> ActionResult:
    for refresh in _refreshes(_group(self)):
        if refresh["Status"] == ACTIVE:
            refresh.update(Status="Cancelled", EndTime=utcnow())
            return ActionResult({"InstanceRefreshId": refresh["InstanceRefreshId"]})
    raise AutoscalingClientError("ActiveInstanceRefreshNotFound", "No in progress Instance Refresh found.")


def _describe(self: AutoScalingResponse) -> ActionResult:
    group = _group(self)
    wanted = self._get_param("InstanceRefreshIds", [])
    left = sum(_version(state) != _current(group) for state in group.active_instances())
    for refresh in _refreshes(group):
        if refresh["Status"] == ACTIVE:
            done = 100 * (refresh["Before"] - left) // refresh["Before"]
            refresh.update(InstancesToUpdate=left, PercentageComplete=max(done, 0))
            if not left:
                refresh.update(Status="Successful", EndTime=utcnow())
    chosen = [one for one in _refreshes(group) if not wanted or one["InstanceRefreshId"] in wanted]
    return ActionResult({"InstanceRefreshes": chosen})


def _group(response: AutoScalingResponse) -> FakeAutoScalingGroup:
    name = response._get_param("AutoScalingGroupName")
    group = response.autoscaling_backend.autoscaling_groups.get(name)
    if group is None:
        raise AutoscalingClientError("ValidationError", f"AutoScalingGroup name not found - {name}")
    return group


def _refreshes(group: FakeAutoScalingGroup) -> list[dict[str, Any]]:
    """The group's refreshes, the newest first."""
    found: list[dict[str, Any]] = vars(group).setdefault("instance_refreshes", [])
    return found


def _current(group: FakeAutoScalingGroup) -> str:
    """The version that the group launches from, as a number; "" where it has no template."""
    template = group.ec2_launch_template
    return str(template.get_version(group.launch_template_version).number) if template else ""


def _version(state: InstanceState) -> str:
    version: str = vars(state)["launched_from"]
    return version


def _create_with_version(self: InstanceState, *args: Any, **named: Any) -> None:
    _create_state(self, *args, **named)
    vars(self)["launched_from"] = _current(self.auto_scaling_group)


def _launched_from(self: InstanceState) -> dict[str, Any] | None:
    template = self.auto_scaling_group.ec2_launch_template
    if template is None:
        return None
    return {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "Version": _version(self),
    }
