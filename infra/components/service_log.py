"""Where a service's instances write what they log."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import policy
from infra.components.policy import Role


@dataclass(frozen=True, kw_only=True)
class ServiceLogArgs:
    """
    Attributes:
        path: the log group's name, such as `/blueprint/dev/shop`.
        retention_days: how long a line is kept.
        kms_key_arn: the key that encrypts lines; None is CloudWatch's own.
    """

    path: str
    retention_days: int
    kms_key_arn: pulumi.Input[str] | None = None


class ServiceLog(pulumi.ComponentResource):
    """A log group with a stream an instance.

    Resources: log group.

    Attributes:
        name: of the log group.
        group: its name as well, known once it is there.
    """

    def __init__(self, name: str, args: ServiceLogArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:operations:ServiceLog", name, None, opts)
        self._name = name
        self._resource = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=args.path,
            retention_in_days=args.retention_days,
            kms_key_id=args.kms_key_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = args.path
        self.group = self._resource.name
        self.register_outputs({"name": self._resource.name})

    def grant_write(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` make streams in the group and append to them."""
        actions = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
        streams = pulumi.Output.concat(self._resource.arn, ":*")
        return policy.grant(role, f"write-{self._name}-log", [policy.allow(actions, [streams])], self)
