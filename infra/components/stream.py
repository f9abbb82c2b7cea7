"""Streams: records in order, read by many, each at its own pace."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.alarms import Alarm
from infra.components.policy import Role, Statement

NAME_LIMIT = 128
AWS_KEY = "alias/aws/kinesis"
"""AWS's own key for Kinesis: whoever may use the stream may use it."""

SHARD_METRICS = (
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "OutgoingBytes",
    "OutgoingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
)


@dataclass(frozen=True, kw_only=True)
class StreamArgs:
    """
    Attributes:
        shards: provisioned shards, each good for 1 MB and 1,000 records a second; None is on-demand capacity,
            which starts at 4 MB/s and allows twice the highest of the last 30 days. An account has 50 such.
        retention_hours: how long a record can be read.
        kms_key_arn: key that records are encrypted with; None is AWS's own.
        shard_metrics: measure each shard, which shows a hot key; each metric and shard is paid for.
        throttle_alarm: refused records or reads in five minutes before somebody hears of it.
    """

    shards: int | None
    retention_hours: int
    kms_key_arn: pulumi.Input[str] | None = None
    shard_metrics: bool = False
    throttle_alarm: int = 0


class Stream(pulumi.ComponentResource):
    """A Kinesis stream, encrypted.

    Resources: stream.

    Attributes:
        name, arn: of the stream.
        alarms: writers, or readers, that are refused. How far a reader lags is known of the reader.
    """

    def __init__(self, name: str, args: StreamArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:events:Stream", name, None, opts)
        self._name = name
        self._kms_key_arn = args.kms_key_arn
        self.resource = aws.kinesis.Stream(
            name,
            name=naming.physical(name, NAME_LIMIT),
            shard_count=args.shards,
            stream_mode_details={"stream_mode": "PROVISIONED" if args.shards else "ON_DEMAND"},
            retention_period=args.retention_hours,
            encryption_type="KMS",
            kms_key_id=AWS_KEY if args.kms_key_arn is None else args.kms_key_arn,
            shard_level_metrics=SHARD_METRICS if args.shard_metrics else None,
            enforce_consumer_deletion=True,  # a registered reader would block `destroy`
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = self.resource.name
        self.arn = self.resource.arn
        self.alarms = [
            self._throttle_alarm(
                args,
                "writes",
                "Write",
                "Records are refused: more shards, or a key that spreads them better.",
            ),
            self._throttle_alarm(
                args, "reads", "Read", "Readers hold each other up: let one of them have its own throughput."
            ),
        ]
        self.register_outputs({"name": self.name})

    def register(self, name: str) -> "Reader":
        """A reader with a throughput of its own: 2 MB/s a shard. A stream takes 20 such."""
        return Reader(f"{self._name}-{name}", ReaderArgs(stream=self), pulumi.ResourceOptions(parent=self))

    def grant_put(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` append records."""
        actions = ("kinesis:PutRecord", "kinesis:PutRecords")
        statements = [policy.allow(actions, [self.arn]), *self._key_grants("kms:GenerateDataKey")]
        return policy.grant(role, f"put-{self._name}", statements, self)

    def grant_read(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read records from every shard."""
        return policy.grant(role, f"read-{self._name}", self.read_statements(), self)

    def read_statements(self) -> Sequence[Statement]:
        """What reading takes."""
        actions = (
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        )
        return [policy.allow(actions, [self.arn]), *self._key_grants("kms:Decrypt")]

    def _key_grants(self, action: str) -> Sequence[Statement]:
        return [] if self._kms_key_arn is None else [policy.allow([action], [self._kms_key_arn])]

    def _throttle_alarm(self, args: StreamArgs, what: str, kind: str, meaning: str) -> Alarm:
        return Alarm(
            name=f"{self._name}-{what}",
            description=f"{self._name}: {meaning}",
            namespace="AWS/Kinesis",
            metric=f"{kind}ProvisionedThroughputExceeded",
            dimensions={"StreamName": self.name},
            statistic="Sum",
            threshold=args.throttle_alarm,
            period=300,
            periods=1,
        )


@dataclass(frozen=True, kw_only=True)
class ReaderArgs:
    """
    Attributes:
        stream: what is read.
    """

    stream: Stream


class Reader(pulumi.ComponentResource):
    """A registered reader of a stream (enhanced fan-out). Made by `Stream.register`.

    Resources: stream consumer. Deleting the stream deletes it, too.

    Attributes:
        arn: what a function is fed from, in place of the stream.
    """

    def __init__(self, name: str, args: ReaderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:events:Reader", name, None, opts)
        self._name = name
        self._stream = args.stream
        self.resource = aws.kinesis.StreamConsumer(
            name,
            name=naming.physical(name, NAME_LIMIT),
            stream_arn=args.stream.arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = self.resource.arn
        self.register_outputs({"arn": self.arn})

    def grant_read(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` be this reader."""
        own = policy.allow(["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"], [self.arn])
        statements = [*self._stream.read_statements(), own]
        return policy.grant(role, f"read-{self._name}", statements, self)
