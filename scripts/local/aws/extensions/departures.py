"""Auto Scaling: the instances that leave a group are chosen as AWS does, and leave its target groups.

Needed for moto 5.2.5, which ends whichever comes first, leaves those that have gone registered as targets,
and counts the instances of a group of several types wrongly. AWS keeps zones even, then asks the group's
policies (Amazon EC2 Auto Scaling User Guide, "Configure termination policies"); of those that are as good,
the oldest leaves.
"""

from collections import Counter
from collections.abc import Sequence

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState

_detach = AutoScalingBackend.detach_instances


def install() -> None:
    """Choose who leaves, and have them leave everything."""
    FakeAutoScalingGroup.set_desired_capacity = _set_capacity  # type: ignore[method-assign]
    AutoScalingBackend.detach_instances = _detach_from_targets  # type: ignore[assignment,method-assign]


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
        # The newest stand last.
        newest_first = "NewestInstance" in group.termination_policies
        state = candidates[-1 if newest_first else 0]
        zones[state.availability_zone] -= 1
        left.remove(state)
        chosen.append(state)
    return chosen


def _leave(group: FakeAutoScalingGroup, leaving: Sequence[InstanceState]) -> None:
    identifiers = [state.instance.id for state in leaving]
    if identifiers:
        _deregister(group, identifiers)
        group.ec2_backend.terminate_instances(identifiers)
        group.instance_states = [state for state in group.instance_states if state not in leaving]


def _detach_from_targets(
    self: AutoScalingBackend,
    group_name: str,
    instance_ids: list[str],
    should_decrement: bool,  # noqa: FBT001 - moto's
) -> object:
    _deregister(self.autoscaling_groups[group_name], instance_ids)
    return _detach(self, group_name, instance_ids, should_decrement)


def _deregister(group: FakeAutoScalingGroup, identifiers: Sequence[str]) -> None:
    """Take instances out of the target groups in which they still are; some may have gone before."""
    known = group.autoscaling_backend.elbv2_backend.target_groups
    for arn in group.target_group_arns:
        if arn in known:
            there = [{"Id": name} for name in identifiers if name in known[arn].targets]
            known[arn].deregister(there)
