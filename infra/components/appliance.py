"""What the network's own instances (NAT, forward proxy) have in common."""

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.instance_role import SESSION_MANAGER

PROFILE_NAME_LIMIT = 128


class ApplianceRole(pulumi.ComponentResource):
    """Lets an operator in by Session Manager, and the instance do nothing else.

    Resources: role, policy, instance profile.
    """

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:network:ApplianceRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = policy.service_role(name, "ec2.amazonaws.com", f"Instances of {name}", child)
        policy.grant(role, "session-manager", SESSION_MANAGER, self)
        self.profile = aws.iam.InstanceProfile(
            f"{name}-profile",
            name=naming.physical(name, PROFILE_NAME_LIMIT),
            role=role.resource.name,
            opts=child,
        )
        self.register_outputs({"profile_arn": self.profile.arn})
