"""Streams: records in order, read by many, each at its own pace."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.policy import Role

NAME_LIMIT = 128


@dataclass(frozen=True, kw_only=True)
class StreamArgs:
    """
    Attributes:
        shards: provisioned shards, each good for 1 MB and 1,000 records a second; None is on-demand capacity.
        retention_hours: how long a record can be read.
    """

    shards: int | None
    retention_hours: int


class Stream(pulumi.ComponentResource):
    """A Kinesis stream, encrypted by AWS's own key for Kinesis.

    Resources: stream.

    Attributes:
        name, arn: of the stream.
    """

    def __init__(self, name: str, args: StreamArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:events:Stream", name, None, opts)
        self._name = name
        self.resource = aws.kinesis.Stream(
            name,
            name=naming.physical(name, NAME_LIMIT),
            shard_count=args.shards,
            stream_mode_details={"stream_mode": "PROVISIONED" if args.shards else "ON_DEMAND"},
            retention_period=args.retention_hours,
            encryption_type="KMS",
            kms_key_id="alias/aws/kinesis",
            enforce_consumer_deletion=True,  # a registered reader would block `destroy`
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = self.resource.name
        self.arn = self.resource.arn
        self.register_outputs({"name": self.name})

    def grant_put(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` append records."""
        actions = ("kinesis:PutRecord", "kinesis:PutRecords")
        return policy.grant(role, f"put-{self._name}", [policy.allow(actions, [self.arn])], self)

    def grant_read(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read records from every shard."""
        actions = (
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        )
        return policy.grant(role, f"read-{self._name}", [policy.allow(actions, [self.arn])], self)
