"""Who the instances of a service are: what they may do from birth to death."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy

PROFILE_NAME_LIMIT = 128
GROUP_NAME_LIMIT = 255

CHANNELS = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""What has no resource in IAM."""

SESSION_MANAGER = (
    policy.allow(CHANNELS, ["*"]),
    policy.allow(["ssm:UpdateInstanceInformation"], ["arn:aws:ec2:*:*:instance/*"]),
)
"""All that Session Manager needs: its channels, and the heartbeat of an instance, which it takes from none
but the account's own. AWS's policy for it, AmazonSSMManagedInstanceCore, would also let an instance read
every parameter of the account."""

METRICS = "CWAgent"
"""The namespace in which CloudWatch's agent publishes, and the only one in which an instance may."""


def group_name(name: str) -> str:
    """What the auto-scaling group of a fleet is called: its instances know it before it exists."""
    return naming.physical(name, GROUP_NAME_LIMIT)


@dataclass(frozen=True, kw_only=True)
class InstanceRoleArgs:
    """
    Attributes:
        region, account_id: where the instances run.
    """

    region: str
    account_id: pulumi.Input[str]


class InstanceRole(pulumi.ComponentResource):
    """What a fleet's instances may do: be reached by Session Manager, in place of SSH; say in their own group
    that they have come up or may go; publish their memory and disk.

    It stands apart from the fleet, so that what an instance needs at birth is granted before the first one.

    Resources: role, policies, instance profile.
    """

    def __init__(self, name: str, args: InstanceRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:compute:InstanceRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role = policy.service_role(name, "ec2.amazonaws.com", f"Instances of {name}", child)
        policy.grant(self.role, "session-manager", SESSION_MANAGER, self)
        policy.grant(self.role, "publish-metrics", [_publish_metrics()], self)
        self._grant_lifecycle(name, args)
        self.profile = aws.iam.InstanceProfile(
            f"{name}-profile",
            name=naming.physical(name, PROFILE_NAME_LIMIT),
            role=self.role.resource.name,
            opts=child,
        )
        self.register_outputs({"profile_arn": self.profile.arn})

    def _grant_lifecycle(self, name: str, args: InstanceRoleArgs) -> None:
        # The middle of a group's ARN is drawn at its creation, which waits for instances that use this grant.
        group = pulumi.Output.concat(
            f"arn:aws:autoscaling:{args.region}:",
            args.account_id,
            f":autoScalingGroup:*:autoScalingGroupName/{group_name(name)}",
        )
        statement = policy.allow(["autoscaling:CompleteLifecycleAction"], [group])
        policy.grant(self.role, "complete-lifecycle", [statement], self)


def _publish_metrics() -> policy.Statement:
    only = {"StringEquals": {"cloudwatch:namespace": METRICS}}
    return policy.allow(["cloudwatch:PutMetricData"], ["*"], Condition=only)
