"""The CDN's log: a line of every request, in a bucket."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming
from infra.components.bucket import Bucket

NAME_LIMIT = 60


@dataclass(frozen=True, kw_only=True)
class CdnLogArgs:
    """
    Attributes:
        distribution_arn: whose requests are logged.
        bucket: where the lines are kept; made with `takes_deliveries`, in any region.
        account_id: of the account.
    """

    distribution_arn: pulumi.Input[str]
    bucket: Bucket
    account_id: pulumi.Input[str]


class CdnLog(pulumi.ComponentResource):
    """CloudFront's standard logging, version 2: needs no access lists on the bucket, unlike the first one.

    All of it must be in us-east-1, but for the bucket.

    Resources: delivery source, delivery destination, delivery.
    """

    def __init__(self, name: str, args: CdnLogArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:edge:CdnLog", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        physical_name = naming.physical(name, NAME_LIMIT)
        source = aws.cloudwatch.LogDeliverySource(
            name,
            name=physical_name,
            log_type="ACCESS_LOGS",
            resource_arn=args.distribution_arn,
            opts=child,
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            name,
            name=physical_name,
            output_format="json",
            delivery_destination_configuration={"destination_resource_arn": args.bucket.arn},
            opts=child,
        )
        permission = args.bucket.grant_log_delivery("AWSLogs/", args.account_id, source.arn)
        aws.cloudwatch.LogDelivery(
            name,
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            s3_delivery_configurations=[
                {
                    # By the hour, as Athena partitions it.
                    "suffix_path": "{DistributionId}/{yyyy}/{MM}/{dd}/{HH}",
                    "enable_hive_compatible_path": False,
                }
            ],
            # Without it, AWS would write a statement of its own into the bucket's policy.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
        self.register_outputs({})
