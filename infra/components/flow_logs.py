"""Flow logs: a line for each connection in a VPC, accepted or rejected."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.log_bucket import LogBucket

GROUP_NAME_LIMIT = 512
INTERVAL = 600
"""Seconds that a line sums up; 60 would be ten times as many lines, each of which costs."""


@dataclass(frozen=True, kw_only=True)
class FlowLogsArgs:
    """
    Attributes:
        vpc_id: whose connections are logged.
        bucket: where lines are kept at half the price; None keeps them in CloudWatch, searchable at once.
        log_retention_days: in CloudWatch; a bucket says that by itself.
        log_kms_key_arn: the key that encrypts it there; None is CloudWatch's own.
    """

    vpc_id: pulumi.Input[str]
    bucket: LogBucket | None
    log_retention_days: int
    log_kms_key_arn: pulumi.Input[str] | None = None


class FlowLogs(pulumi.ComponentResource):
    """The flow log of a VPC.

    Resources: flow log; for CloudWatch a log group and the role that writes to it.
    """

    def __init__(self, name: str, args: FlowLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:network:FlowLogs", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        if args.bucket:
            bucket = args.bucket
            self._log(args, "s3", bucket.arn, None, bucket.ready)
        else:
            self._log_to_cloudwatch(args)
        self.register_outputs({})

    def _log_to_cloudwatch(self, args: FlowLogsArgs) -> None:
        group = aws.cloudwatch.LogGroup(
            self._name,
            name=naming.fit(f"/aws/vpc/{naming.prefix()}-{self._name}", GROUP_NAME_LIMIT),
            retention_in_days=args.log_retention_days,
            kms_key_id=args.log_kms_key_arn,
            opts=self._child,
        )
        service, does = "vpc-flow-logs.amazonaws.com", "Writes the flow log"
        role = policy.service_role(self._name, service, does, self._child)
        write = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        lines = [group.arn, pulumi.Output.concat(group.arn, ":*")]
        granted = policy.grant(role, "write-flow-log", [policy.allow(write, lines)], self)
        self._log(args, "cloud-watch-logs", group.arn, role.resource.arn, granted)

    def _log(
        self,
        args: FlowLogsArgs,
        kind: str,
        destination: pulumi.Input[str],
        role_arn: pulumi.Input[str] | None,
        after: pulumi.Resource,
    ) -> None:
        aws.ec2.FlowLog(
            self._name,
            vpc_id=args.vpc_id,
            traffic_type="ALL",
            max_aggregation_interval=INTERVAL,
            log_destination_type=kind,
            log_destination=destination,
            iam_role_arn=role_arn,
            tags={"Name": self._name},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after]),
        )
