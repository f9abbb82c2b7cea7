"""Who may put logs into a bucket: statements of its policy, by the service that writes them.

Elastic Load Balancing writes from an account of its own in the regions that are older than August 2022, and
as a service in all later ones. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
"""

from collections.abc import Mapping, Sequence

import pulumi

from infra.components import policy
from infra.components.policy import Statement

LOAD_BALANCING_ACCOUNTS: Mapping[str, str] = {
    "af-south-1": "098369216593",
    "ap-east-1": "754344448648",
    "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887",
    "ap-northeast-3": "383597477331",
    "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "ap-southeast-3": "589379963580",
    "ca-central-1": "985666609251",
    "eu-central-1": "054676820928",
    "eu-north-1": "897822967062",
    "eu-south-1": "635631232127",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-west-3": "009996457667",
    "me-south-1": "076674570225",
    "sa-east-1": "507241528517",
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
}
"""The account that load balancers of a region write from, in the regions that have one."""


def load_balancers(
    bucket_arn: pulumi.Input[str], prefixes: Sequence[str], region: str, account_id: pulumi.Input[str]
) -> Statement:
    """Lets the load balancers of an account put logs below each of `prefixes`."""
    account = LOAD_BALANCING_ACCOUNTS.get(region)
    service = {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    return {
        **policy.allow(["s3:PutObject"], _logs(bucket_arn, prefixes, account_id)),
        "Sid": "LoadBalancers",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"} if account else service,
    }


def flow_logs(
    bucket_arn: pulumi.Input[str], region: str, account_id: pulumi.Input[str]
) -> Sequence[Statement]:
    """Let the flow logs of an account be put, and see whose the bucket is."""
    whose: dict[str, pulumi.Input[str]] = {"aws:SourceAccount": account_id}
    source = {"aws:SourceArn": pulumi.Output.concat("arn:aws:logs:", region, ":", account_id, ":*")}
    principal = {"Service": "delivery.logs.amazonaws.com"}
    owned = {"s3:x-amz-acl": "bucket-owner-full-control", **whose}
    return [
        {
            **policy.allow(["s3:PutObject"], _logs(bucket_arn, [""], account_id)),
            "Sid": "FlowLogs",
            "Principal": principal,
            "Condition": {"StringEquals": owned, "ArnLike": source},
        },
        {
            **policy.allow(["s3:GetBucketAcl", "s3:ListBucket"], [bucket_arn]),
            "Sid": "FlowLogsOwner",
            "Principal": principal,
            "Condition": {"StringEquals": whose, "ArnLike": source},
        },
    ]


def _logs(
    bucket_arn: pulumi.Input[str], prefixes: Sequence[str], account_id: pulumi.Input[str]
) -> list[pulumi.Output[str]]:
    return [pulumi.Output.concat(bucket_arn, f"/{prefix}AWSLogs/", account_id, "/*") for prefix in prefixes]
