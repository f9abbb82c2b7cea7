"""Deploys load balancers into a local AWS."""

from collections.abc import Sequence
from typing import Any

from scripts.local.runtime.context import Context
from tests.scripts.local.runtime.backend import Backend
from tests.scripts.local.runtime.streams import Streams

NOT_FOUND = {"StatusCode": "404", "ContentType": "application/json", "MessageBody": '{"price": "$5"}'}


class Deployed:
    """A load balancer in the local AWS, whose rules and targets a test adds."""

    def __init__(self, context: Context, name: str) -> None:
        self._context = context
        self._elb = context.aws.client("elbv2")
        self._priority = 0
        subnets = context.aws.client("ec2").describe_subnets()["Subnets"]
        self.vpc = subnets[0]["VpcId"]
        self.balancer = self._elb.create_load_balancer(
            Name=name, Subnets=[subnet["SubnetId"] for subnet in subnets[:2]], Type="application"
        )["LoadBalancers"][0]
        self.listener = self._elb.create_listener(
            LoadBalancerArn=self.balancer["LoadBalancerArn"],
            Port=80,
            Protocol="HTTP",
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": NOT_FOUND}],
        )["Listeners"][0]["ListenerArn"]

    def group(self, name: str, targets: Sequence[Backend | Streams] = ()) -> str:
        arn: str = self._elb.create_target_group(
            Name=name,
            Protocol="HTTP",
            Port=8080,
            VpcId=self.vpc,
            TargetType="ip",
            HealthCheckPath="/live",
            HealthCheckIntervalSeconds=5,
            HealthCheckTimeoutSeconds=2,
            HealthyThresholdCount=2,
            UnhealthyThresholdCount=2,
            Matcher={"HttpCode": "200-299"},
        )["TargetGroups"][0]["TargetGroupArn"]
        for target in targets:
            self.register(arn, target)
        return arn

    def register(self, group: str, target: Backend | Streams) -> None:
        """Register a target by an address of its own, and say that the backend stands for it."""
        address = f"10.0.0.{target.port % 251}"
        self._context.addresses.publish(f"{address}:{target.port}", target.address)
        self._elb.register_targets(TargetGroupArn=group, Targets=[{"Id": address, "Port": target.port}])

    def rule(self, conditions: Sequence[dict[str, Any]], action: dict[str, Any]) -> None:
        self._priority += 1
        self._elb.create_rule(
            ListenerArn=self.listener, Priority=self._priority, Conditions=list(conditions), Actions=[action]
        )

    def delete(self) -> None:
        self._elb.delete_load_balancer(LoadBalancerArn=self.balancer["LoadBalancerArn"])
        for group in self._elb.describe_target_groups()["TargetGroups"]:
            self._elb.delete_target_group(TargetGroupArn=group["TargetGroupArn"])


def path(*patterns: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(patterns)}}


def forward(group: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": group}
