"""Auto Scaling: who leaves a group is chosen as at AWS, leaves its target groups, and ends once it drained.

Needed for moto 5.2.5, which ends whichever comes first and at once, leaves those that have gone registered as
targets, does not register who replaces an instance that was ended by EC2, and counts the instances of a group
of several types wrongly; and forgets a target the moment it is deregistered. AWS keeps zones even, then asks
the group's policies (Amazon EC2 Auto Scaling User Guide, "Configure termination policies for Amazon EC2 Auto
Scaling"); of those that are as good, the oldest leaves. The default policy takes the oldest launch template,
and then who is next to the full hour, which tells nobody apart since seconds are billed; neither does the
allocation strategy where all instances are of the same price.

An instance that runs, which its tag `RUNS` says, is Terminating until CompleteLifecycleAction or
TerminateInstances ends it, and drains meanwhile. Nothing runs behind the others: they go at once.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import (
    AutoScalingBackend,
    FakeAutoScalingGroup,
    InstanceState,
    TerminateInstanceActivity,
)
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup

from scripts.local import RUNS

_detach = AutoScalingBackend.detach_instances
_notify = AutoScalingBackend.notify_terminate_instances
_health = ELBv2Backend.describe_target_health
_deregister = FakeTargetGroup.deregister

LEAVING = "Terminating"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
DELAY = "deregistration_delay.timeout_seconds"
SINCE = "deregistered_at"
"""What tells of a deregistered target when it was, by the clock that only goes forward."""


def install() -> None:
    """Choose who leaves, and have them leave everything in their time."""
    FakeAutoScalingGroup.set_desired_capacity = _set_capacity  # type: ignore[method-assign]
    AutoScalingBackend.detach_instances = _detach_from_targets  # type: ignore[assignment,method-assign]
    AutoScalingBackend.terminate_instance = _terminate  # type: ignore[method-assign]
    AutoScalingBackend.notify_terminate_instances = _replace  # type: ignore[method-assign]
    AutoScalingBackend.update_attached_target_groups = _register  # type: ignore[method-assign]
    AutoScalingResponse.complete_lifecycle_action = _complete  # type: ignore[attr-defined]
    ELBv2Backend.describe_target_health = _describe_health  # type: ignore[method-assign]
    FakeTargetGroup.deregister = _deregister_slowly  # type: ignore[method-assign]


def end(group: FakeAutoScalingGroup, leaving: Sequence[InstanceState]) -> None:
    """End instances of a group now."""
    identifiers = [state.instance.id for state in leaving]
    if identifiers:
        group.ec2_backend.terminate_instances(identifiers)
        group.instance_states = [state for state in group.instance_states if state not in leaving]
    for target_group in _target_groups(group):
        _take_out(target_group, identifiers)
        for name in identifiers:
            target_group.terminated_targets.pop(name, None)


def _set_capacity(self: FakeAutoScalingGroup, new_capacity: int | None) -> None:
    self.desired_capacity = self.min_size if new_capacity is None else new_capacity
    missing = (self.desired_capacity or 0) - len(self.active_instances())
    if missing > 0:
        self.replace_autoscaling_group_instances(missing, self.get_propagated_tags())
    elif missing < 0:
        _leave(self, _chosen(self, -missing))
    if self.name in self.autoscaling_backend.autoscaling_groups:
        self.autoscaling_backend.update_attached_elbs(self.name)
        self.autoscaling_backend.update_attached_target_groups(self.name)


def _chosen(group: FakeAutoScalingGroup, count: int) -> list[InstanceState]:
    left = [state for state in group.active_instances() if not state.protected_from_scale_in]
    zones = Counter(state.availability_zone for state in group.active_instances())
    chosen: list[InstanceState] = []
    while left and len(chosen) < count:
        fullest = max(zones[state.availability_zone] for state in left)
        candidates = [state for state in left if zones[state.availability_zone] == fullest]
        state = _first(candidates, group.termination_policies)
        zones[state.availability_zone] -= 1
        left.remove(state)
        chosen.append(state)
    return chosen


def _first(candidates: Sequence[InstanceState], policies: Sequence[str]) -> InstanceState:
    """Return who leaves first of candidates, the oldest of which comes first, by policies in their order."""
    for policy in policies:
        if policy in ("OldestInstance", "NewestInstance"):
            return candidates[0 if policy == "OldestInstance" else -1]
        if policy in ("Default", "OldestLaunchTemplate"):
            oldest = min(map(_version, candidates))
            candidates = [state for state in candidates if _version(state) == oldest]
    return candidates[0]


def _version(state: InstanceState) -> int:
    """Return the version of the template that an instance is from; 0 where its group has none."""
    template = state.launch_template
    return int(template["Version"]) if template else 0


def _leave(group: FakeAutoScalingGroup, leaving: Sequence[InstanceState]) -> None:
    running = [state for state in leaving if any(tag["key"] == RUNS for tag in state.instance.get_tags())]
    end(group, [state for state in leaving if state not in running])
    hooks = group.autoscaling_backend.describe_lifecycle_hooks(group.name)
    waits = any(hook.lifecycle_transition == TERMINATING for hook in hooks)
    for state in running:
        state.lifecycle_state = f"{LEAVING}:Wait" if waits else LEAVING
    for target_group in _target_groups(group):
        _take_out(target_group, [state.instance.id for state in running])


def _terminate(
    self: AutoScalingBackend,
    instance_id: str,
    should_decrement: bool,  # noqa: FBT001 - moto's
) -> TerminateInstanceActivity:
    state = _find(self, instance_id)
    if state is None:
        raise ValidationError(
            f"Instance Id not found - No managed instance found for instance ID {instance_id}"
        )
    group = state.auto_scaling_group
    before: int = group.desired_capacity
    if state.lifecycle_state == "InService":
        _leave(group, [state])
        group.set_desired_capacity(before - 1 if should_decrement else before)
    return TerminateInstanceActivity(state.instance, before)


def _complete(self: AutoScalingResponse) -> ActionResult:
    identifier = self._get_param("InstanceId")
    state = _find(self.autoscaling_backend, identifier)
    if state is None:
        raise ValidationError(f"No active Lifecycle Action found with instance ID {identifier}")
    if state.lifecycle_state.startswith(LEAVING):
        end(state.auto_scaling_group, [state])
    return EmptyResult()


def _find(backend: AutoScalingBackend, instance_id: str) -> InstanceState | None:
    groups = backend.autoscaling_groups.values()
    found = (state for group in groups for state in group.instance_states)
    return next((state for state in found if state.instance.id == instance_id), None)


def _replace(self: AutoScalingBackend, instance_ids: list[str]) -> None:
    _notify(self, instance_ids)
    for name in self.autoscaling_groups:
        self.update_attached_target_groups(name)


def _register(self: AutoScalingBackend, group_name: str) -> None:
    group = self.autoscaling_groups[group_name]
    for target_group in _target_groups(group):
        target_group.register(
            [{"Id": state.instance.id, "Port": target_group.port} for state in group.active_instances()]
        )


def _detach_from_targets(
    self: AutoScalingBackend,
    group_name: str,
    instance_ids: list[str],
    should_decrement: bool,  # noqa: FBT001 - moto's
) -> object:
    for target_group in _target_groups(self.autoscaling_groups[group_name]):
        target_group.deregister([{"Id": name} for name in instance_ids if name in target_group.targets])
    return _detach(self, group_name, instance_ids, should_decrement)


def _target_groups(group: FakeAutoScalingGroup) -> list[FakeTargetGroup]:
    """Those that still are: they may be deleted before the group."""
    known = group.autoscaling_backend.elbv2_backend.target_groups
    return [known[arn] for arn in group.target_group_arns if arn in known]


def _take_out(target_group: FakeTargetGroup, identifiers: Iterable[str]) -> None:
    """Have targets drain: moto describes one that is among the terminated ones so."""
    target_group.deregister_terminated_instances(list(identifiers))


def _deregister_slowly(self: FakeTargetGroup, targets: list[dict[str, Any]]) -> None:
    _deregister(self, targets)
    for target in targets:
        self.deregistered_targets[target["Id"]][SINCE] = time.monotonic()


def _describe_health(
    self: ELBv2Backend, target_group_arn: str, targets: list[dict[str, Any]]
) -> list[FakeHealthStatus]:
    """Describe those that drain, too: all of them where none is asked for by name."""
    health = _health(self, target_group_arn, targets)
    target_group = self.target_groups[target_group_arn]
    draining = {target["Id"]: target for target in target_group.deregistered_targets.values()}
    draining = {name: it for name, it in draining.items() if _drains(target_group, it)}
    if targets:
        return [_draining(draining[it.instance_id]) if it.instance_id in draining else it for it in health]
    leaving = [
        target_group.health_for(target, self.ec2_backend)
        for target in target_group.terminated_targets.values()
        if getattr(self.ec2_backend.get_instance_by_id(target["Id"]), "state", "") == "running"
    ]
    return [*health, *leaving, *map(_draining, draining.values())]


def _drains(target_group: FakeTargetGroup, target: dict[str, Any]) -> bool:
    passed: float = time.monotonic() - target[SINCE]
    return passed < float(str(target_group.attributes[DELAY]))


def _draining(target: dict[str, Any]) -> FakeHealthStatus:
    reason, description = "Target.DeregistrationInProgress", "Target deregistration is in progress"
    return FakeHealthStatus(target["Id"], target["Port"], None, "draining", reason, description)
