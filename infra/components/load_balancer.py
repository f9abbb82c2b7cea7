"""The application load balancer: what the internet's requests pass on their way to the instances."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming
from infra.components.alarms import Alarm
from infra.components.security_group import SecurityGroup, SecurityGroupArgs

NAME_LIMIT = 32
PATTERNS_PER_RULE = 5
"""Values that one listener rule may compare with: an AWS quota."""

NOT_FOUND: aws.lb.ListenerDefaultActionArgsDict = {
    "type": "fixed-response",
    "fixed_response": {
        "status_code": "404",
        "content_type": "application/json",
        "message_body": json.dumps({"type": "about:blank", "title": "Not Found", "status": 404}),
    },
}


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """
    Attributes:
        vpc_id: the VPC it stands in.
        subnet_ids: public subnets, one a zone, two at least.
        clients_prefix_list_id: the managed prefix list whose addresses may connect.
        protect: refuse to be deleted.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    clients_prefix_list_id: pulumi.Input[str]
    protect: bool


class LoadBalancer(pulumi.ComponentResource):
    """A load balancer with an HTTP listener that answers 404 until something is routed.

    Resources: security group, load balancer, listener; for each route a target group and its rules.

    Attributes:
        dns_name: where it answers.
        security_group: may be reached by the prefix list only, and reaches nothing until a target allows it.
        alarms: errors of the balancer itself and of each route.
    """

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:network:LoadBalancer", name, None, opts)
        self._name = name
        self._vpc_id = args.vpc_id
        self._child = pulumi.ResourceOptions(parent=self)
        self._priorities = itertools.count(10, 10)  # gaps, so that a rule can be put between two by hand
        self.security_group = SecurityGroup(
            name, SecurityGroupArgs(vpc_id=args.vpc_id, description="Load balancer"), self._child
        )
        self.security_group.allow_from_prefix_list("cloudfront", args.clients_prefix_list_id, 80)
        self.resource = aws.lb.LoadBalancer(
            name,
            name=naming.physical(name, NAME_LIMIT),
            load_balancer_type="application",
            internal=False,
            subnets=args.subnet_ids,
            security_groups=[self.security_group.resource.id],
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.protect,
            opts=self._child,
        )
        self.dns_name = self.resource.dns_name
        self.listener = self._http_listener()
        self.alarms = [self._errors("load-balancer", "HTTPCode_ELB_5XX_Count", {})]
        self.register_outputs({"dns_name": self.dns_name})

    def route(self, name: str, *, patterns: Sequence[str], port: int, health_path: str) -> aws.lb.TargetGroup:
        """Send requests whose path matches one of `patterns` to a new target group, and return that.

        Args:
            name: of the service behind it.
            patterns: paths with `*`, such as `/orders*`.
            port: where its targets listen.
            health_path: asked of each target; must not depend on a database, or one outage empties the fleet.
        """
        group = aws.lb.TargetGroup(
            naming.auto(name, NAME_LIMIT),
            vpc_id=self._vpc_id,
            port=port,
            protocol="HTTP",
            target_type="instance",
            deregistration_delay=30,
            health_check={
                "path": health_path,
                "interval": 10,
                "timeout": 5,
                "healthy_threshold": 2,
                "unhealthy_threshold": 3,
                "matcher": "200",
            },
            opts=self._child,
        )
        for number, chunk in enumerate(_chunks(patterns, PATTERNS_PER_RULE), start=1):
            aws.lb.ListenerRule(
                f"{name}-{number}",
                listener_arn=self.listener.arn,
                priority=next(self._priorities),
                conditions=[{"path_pattern": {"values": list(chunk)}}],
                actions=[{"type": "forward", "target_group_arn": group.arn}],
                opts=self._child,
            )
        target = {"TargetGroup": group.arn_suffix}
        self.alarms.append(self._errors(name, "HTTPCode_Target_5XX_Count", target))
        self.alarms.append(
            Alarm(
                name=f"{name}-unhealthy",
                description=f"An instance of {name} fails its health check; look at its log.",
                namespace="AWS/ApplicationELB",
                metric="UnHealthyHostCount",
                dimensions={"LoadBalancer": self.resource.arn_suffix, **target},
                statistic="Maximum",
                threshold=0,
            )
        )
        return group

    def _http_listener(self) -> aws.lb.Listener:
        return aws.lb.Listener(
            f"{self._name}-http",
            load_balancer_arn=self.resource.arn,
            port=80,
            protocol="HTTP",
            default_actions=[NOT_FOUND],
            opts=self._child,
        )

    def _errors(self, name: str, metric: str, dimensions: dict[str, pulumi.Output[str]]) -> Alarm:
        return Alarm(
            name=f"{name}-errors",
            description=f"{name} answers with server errors; look at the instances' logs.",
            namespace="AWS/ApplicationELB",
            metric=metric,
            dimensions={"LoadBalancer": self.resource.arn_suffix, **dimensions},
            statistic="Sum",
            threshold=10,
        )


def _chunks(values: Sequence[str], size: int) -> list[Sequence[str]]:
    return [values[start : start + size] for start in range(0, len(values), size)]
