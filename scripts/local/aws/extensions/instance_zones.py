"""Auto Scaling: a group's instances are spread over its zones.

Needed for moto 5.2.5, which launches them all in the first subnet. AWS launches each in the zone that has
fewest of them (Amazon EC2 Auto Scaling User Guide, "Instance distribution").
"""

from collections import Counter

from moto.autoscaling.models import FakeAutoScalingGroup

_launch = FakeAutoScalingGroup.replace_autoscaling_group_instances


def install() -> None:
    """Spread the instances."""
    FakeAutoScalingGroup.replace_autoscaling_group_instances = _launch_spread  # type: ignore[method-assign]


def _launch_spread(self: FakeAutoScalingGroup, count_needed: int, propagated_tags: dict[str, str]) -> None:
    subnets = self.vpc_zone_identifier
    if not subnets:
        return _launch(self, count_needed, propagated_tags)
    try:
        for _ in range(count_needed):
            self.vpc_zone_identifier = _emptiest(self, subnets.split(","))
            _launch(self, 1, propagated_tags)
    finally:
        self.vpc_zone_identifier = subnets


def _emptiest(group: FakeAutoScalingGroup, subnet_ids: list[str]) -> str:
    """The subnet with the fewest of the group's instances; of several, that of the first zone."""
    taken = Counter(state.instance.subnet_id for state in group.instance_states)
    ec2 = group.autoscaling_backend.ec2_backend
    zones = {subnet_id: ec2.get_subnet(subnet_id).availability_zone for subnet_id in subnet_ids}
    return min(subnet_ids, key=lambda subnet_id: (taken[subnet_id], zones[subnet_id]))
