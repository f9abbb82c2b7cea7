"""Auto Scaling: what a group was told reads back.

Needed for moto 5.2.5, which drops a group's warm-up, lifetime, maintenance policy and first lifecycle hooks,
cannot describe a group with a mixed instances policy and a version of its template, forgets that policy at
the next update, answers that every hook notifies a queue, and keeps the hooks of groups that are gone.
"""

from typing import Any

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, LifecycleHook
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from scripts.local.aws.extensions import departures

_create = AutoScalingResponse.create_auto_scaling_group
_delete = AutoScalingBackend.delete_auto_scaling_group
_update = FakeAutoScalingGroup.update
_create_hook = LifecycleHook.__init__
_set_launch_configuration = FakeAutoScalingGroup._set_launch_configuration

DROPPED = {
    "DefaultInstanceWarmup": "default_instance_warmup",
    "InstanceMaintenancePolicy": "instance_maintenance_policy",
    "MaxInstanceLifetime": "max_instance_lifetime",
}
"""Arguments of CreateAutoScalingGroup, and the attributes from which a description is written."""


def install() -> None:
    """Keep what moto drops."""
    AutoScalingResponse.create_auto_scaling_group = _create_whole  # type: ignore[method-assign]
    AutoScalingBackend.delete_auto_scaling_group = _delete_whole  # type: ignore[method-assign]
    FakeAutoScalingGroup.update = _update_rest  # type: ignore[method-assign]
    LifecycleHook.__init__ = _create_silent_hook  # type: ignore[method-assign]
    FakeAutoScalingGroup._set_launch_configuration = (  # type: ignore[method-assign]
        _set_launch_configuration_with_version
    )


def _create_whole(self: AutoScalingResponse) -> ActionResult:
    result = _create(self)
    params = self._get_params()
    name = params["AutoScalingGroupName"]
    group = self.autoscaling_backend.autoscaling_groups[name]
    for argument, attribute in DROPPED.items():
        if argument in params:
            setattr(group, attribute, params[argument])
    for hook in params.get("LifecycleHookSpecificationList", []):
        self.autoscaling_backend.create_lifecycle_hook(
            name=hook["LifecycleHookName"],
            as_name=name,
            transition=hook["LifecycleTransition"],
            timeout=hook.get("HeartbeatTimeout"),
            result=hook.get("DefaultResult"),
        )
    return result


def _delete_whole(self: AutoScalingBackend, group_name: str) -> None:
    group = self.autoscaling_groups.get(group_name)
    if group is not None:
        departures.end(group, list(group.instance_states))
    _delete(self, group_name)
    for hook in self.describe_lifecycle_hooks(group_name):
        self.delete_lifecycle_hook(group_name, hook.name)


def _update_rest(self: FakeAutoScalingGroup, *args: Any, **named: Any) -> None:
    types = self.mixed_instances_policy
    _update(self, *args, **named)
    if not (named.get("mixed_instances_policy") or named.get("launch_template")):
        self.mixed_instances_policy = types


def _create_silent_hook(self: LifecycleHook, *args: Any, **named: Any) -> None:
    _create_hook(self, *args, **named)
    self.role_arn = self.notification_target_arn = None  # type: ignore[assignment]


def _set_launch_configuration_with_version(
    self: FakeAutoScalingGroup,
    launch_config_name: str,
    launch_template: dict[str, Any],
    mixed_instances_policy: dict[str, Any] | None,
) -> None:
    _set_launch_configuration(self, launch_config_name, launch_template, mixed_instances_policy)
    if mixed_instances_policy and not launch_template:
        specification = mixed_instances_policy["LaunchTemplate"]["LaunchTemplateSpecification"]
        self.provided_launch_template_version = specification.get("Version")
