"""The bucket for what AWS writes of a region's network: flow logs, and the load balancers' logs."""

from dataclasses import dataclass

import pulumi

from infra.components import log_delivery
from infra.components.bucket import Bucket, BucketArgs

ACCESS_LOGS, CONNECTION_LOGS = "access", "connections"
"""The first part of the keys of a load balancer's logs; those of flow logs begin at `AWSLogs/`."""


@dataclass(frozen=True, kw_only=True)
class LogBucketArgs:
    """
    Attributes:
        region: of the bucket and of all that writes to it.
        account_id: of the account.
        retention_days: how long a log is kept.
        protect: refuse to be deleted with logs inside.
    """

    region: str
    account_id: pulumi.Input[str]
    retention_days: int
    protect: bool


class LogBucket(pulumi.ComponentResource):
    """A bucket that load balancers and flow logs of one account and region may write to, and nobody else.

    Encrypted with S3's own keys: load balancers cannot use any others.

    Attributes:
        name, arn: of the bucket.
        ready: what must stand before anybody writes to it.
    """

    def __init__(self, name: str, args: LogBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:network:LogBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = Bucket(
            name,
            BucketArgs(
                account_id=args.account_id,
                protect=args.protect,
                takes_deliveries=True,
                expires_days=args.retention_days,
            ),
            child,
        )
        balancers = (f"{ACCESS_LOGS}/", f"{CONNECTION_LOGS}/")
        whose = (args.region, args.account_id)
        self.name = bucket.name
        self.arn = bucket.arn
        self.ready: pulumi.Resource = bucket.grant_deliveries(
            [
                log_delivery.load_balancers(bucket.arn, balancers, *whose),
                *log_delivery.flow_logs(bucket.arn, *whose),
            ]
        )
        self.register_outputs({"name": self.name})
