"""The application load balancer: what the internet's requests pass on their way to the instances."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from infra.components import naming, routing
from infra.components.alarms import Alarm
from infra.components.log_bucket import ACCESS_LOGS, CONNECTION_LOGS, LogBucket
from infra.components.security_group import HTTPS, SecurityGroup, SecurityGroupArgs

NAME_LIMIT = 32

HTTP = 80

ORIGIN_HEADER = "X-Origin-Verify"
ORIGIN_SECRETS = 2
"""Values of the header that are let in while one takes the place of the other."""

LIVE = "live"
"""The variant of a service that every service has."""

DAY = 86_400
"""Seconds; the age of a sticky cookie that AWS keeps where stickiness is off."""

Action = aws.lb.ListenerRuleActionArgsDict
Condition = aws.lb.ListenerRuleConditionArgsDict


def _problem(status: int, title: str) -> aws.lb.ListenerDefaultActionFixedResponseArgsDict:
    return {
        "status_code": str(status),
        "content_type": "application/json",
        "message_body": json.dumps({"type": "about:blank", "title": title, "status": status}),
    }


NOT_FOUND = _problem(404, "Not Found")
FORBIDDEN = _problem(403, "Forbidden")

DesyncMode = Literal["monitor", "defensive", "strictest"]
Algorithm = Literal["round_robin", "least_outstanding_requests", "weighted_random"]


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """
    Attributes:
        vpc_id: the VPC it stands in.
        subnet_ids: public subnets, one a zone, two at least.
        clients_prefix_list_id: the managed prefix list whose addresses may connect.
        origin_secret_version: of the secret that requests must bring along in the header X-Origin-Verify;
            None lets requests in without. A raised number makes a new one, beside which the last stays good.
        origin_secrets: secrets to ask for in place of its own: those of the load balancer in another region
            that answers to the same name.
        certificate_arn: of its own name; None leaves it at HTTP.
        tls_policy: which versions and ciphers of TLS are spoken.
        idle_timeout: seconds for which a silent connection is kept.
        desync_mode: what becomes of requests that servers might understand differently.
        logs: where its logs are written; None keeps none.
        connection_logs: log connections, too, and what their TLS came to.
        protect: refuse to be deleted.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    clients_prefix_list_id: pulumi.Input[str]
    origin_secret_version: int | None
    origin_secrets: Sequence[pulumi.Output[str]] = ()
    certificate_arn: pulumi.Input[str] | None
    tls_policy: str
    idle_timeout: int
    desync_mode: DesyncMode
    logs: LogBucket | None
    connection_logs: bool
    protect: bool


@dataclass(frozen=True, kw_only=True)
class RouteArgs:
    """Which requests are a service's.

    Attributes:
        patterns: paths with `*` and `?`, such as `/orders*`.
        hosts: names that a request must be for, two at the most; empty is any.
        weights: variants of the service and their shares of the requests, each from 0 to 999. A canary is
            `{"live": 95, "canary": 5}`; blue and green is `{"live": 100, "green": 0}` turned round.
    """

    patterns: Sequence[str]
    hosts: Sequence[str] = ()
    weights: Mapping[str, int] = field(default_factory=lambda: {LIVE: 100})


@dataclass(frozen=True, kw_only=True)
class TargetGroupArgs:
    """How requests are spread over the targets of a service.

    Attributes:
        port: where they listen.
        health_path: asked of each target; must not depend on a database, or one outage empties the fleet.
        algorithm: by turns, to the target with the fewest requests at work, or at random by weights.
        anomaly_mitigation: give a target that fails more than the others less to do; with `weighted_random`.
        stickiness: seconds for which a client stays with its target and its variant; 0 is not at all.
        slow_start: seconds over which a new target's share grows to the full one; 0 is at once.
        deregistration_delay: seconds that a leaving target has for the requests at work.
        health_interval: seconds between two checks of a target.
        health_timeout: seconds that a target has to answer one.
        healthy_threshold, unhealthy_threshold: checks in a row until a target is taken in or out.
    """

    port: int
    health_path: str
    algorithm: Algorithm = "round_robin"
    anomaly_mitigation: bool = False
    stickiness: int = 0
    slow_start: int = 0
    deregistration_delay: int = 30
    health_interval: int = 10
    health_timeout: int = 5
    healthy_threshold: int = 2
    unhealthy_threshold: int = 3


class LoadBalancer(pulumi.ComponentResource):
    """A load balancer that lets nothing pass until it is routed.

    Resources: security group, load balancer, listener (two with a certificate: that of HTTP redirects), a
    secret for CloudFront and a rule that tells who has it; for each route a target group a variant and rules.

    Attributes:
        dns_name: where it answers.
        origin_secrets: what requests must bring along, the newest first; none where they need not.
        origin_header: name and value of the header that does so, with the newest of them; None without any.
        security_group: may be reached by the prefix list only, and reaches nothing until a target allows it.
        alarms: errors of the balancer itself and of each route.
    """

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:network:LoadBalancer", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._priorities: set[int] = set()
        self.origin_secrets = [*args.origin_secrets] or self._create_secrets(args.origin_secret_version)
        self.origin_header = (ORIGIN_HEADER, self.origin_secrets[0]) if self.origin_secrets else None
        self.security_group = self._reachable(name, HTTPS if args.certificate_arn else HTTP)
        groups = [self.security_group]
        if args.certificate_arn:
            # A group of its own: CloudFront's list counts as 55 of the 60 rules that a group may have.
            groups.append(self._reachable(f"{name}-redirect", HTTP))
        self.resource = self._balancer(groups)
        self.dns_name = self.resource.dns_name
        self.listener = self._https_listener() if args.certificate_arn else self._http_listener()
        self._answer_what_is_not_routed()
        self.alarms = [self._errors(f"{name}-load-balancer", "HTTPCode_ELB_5XX_Count", {})]
        self.register_outputs({"dns_name": self.dns_name})

    def route(
        self, name: str, route: RouteArgs, targets: TargetGroupArgs
    ) -> Mapping[str, aws.lb.TargetGroup]:
        """Send the requests of a route to new target groups of the service `name`, one for each variant.

        Patterns of all routes are tried by how much of a path they name: `/orders/export*` before `/orders*`,
        whichever route was made first; those with a host come before those without.

        Returns:
            The target groups by their variants: `LIVE`, unless the route has weights for others.

        Raises:
            ValueError: more hosts than a rule has room for.
        """
        groups = {
            variant: self._target_group(name if variant == LIVE else f"{name}-{variant}", targets)
            for variant in route.weights
        }
        shares = [(groups[variant].arn, weight) for variant, weight in route.weights.items()]
        action = _forward(shares, targets.stickiness)
        reserved = ORIGIN_SECRETS if self.origin_secrets else 0
        for rule in routing.path_rules(route.patterns, hosts=route.hosts, reserved=reserved):
            conditions: list[Condition] = [{"path_pattern": {"values": list(rule.patterns)}}]
            if route.hosts:
                conditions.append({"host_header": {"values": list(route.hosts)}})
            self._rule(f"{name}-{rule.label}", rule.band, conditions, action)
        return groups

    def associate_waf(self, web_acl_arn: pulumi.Input[str]) -> None:
        """Let a regional web ACL look at every request first."""
        aws.wafv2.WebAclAssociation(
            f"{self._name}-waf", resource_arn=self.resource.arn, web_acl_arn=web_acl_arn, opts=self._child
        )

    def _create_secrets(self, version: int | None) -> list[pulumi.Output[str]]:
        """The secret of `version` and, beside it, the one before: CloudFront takes minutes to change over."""
        if version is None:
            return []
        return [
            pulumi.Output.secret(
                random.RandomPassword(
                    f"{self._name}-origin-{number}", length=40, special=False, opts=self._child
                ).result
            )
            for number in range(version, max(version - ORIGIN_SECRETS, 0), -1)
        ]

    def _reachable(self, name: str, port: int) -> SecurityGroup:
        args = SecurityGroupArgs(vpc_id=self._args.vpc_id, description="Load balancer")
        group = SecurityGroup(name, args, self._child)
        group.allow_from_prefix_list("cloudfront", self._args.clients_prefix_list_id, port)
        return group

    def _balancer(self, groups: Sequence[SecurityGroup]) -> aws.lb.LoadBalancer:
        args, logs = self._args, self._args.logs
        return aws.lb.LoadBalancer(
            self._name,
            name=naming.physical(self._name, NAME_LIMIT),
            load_balancer_type="application",
            internal=False,
            subnets=args.subnet_ids,
            security_groups=[group.resource.id for group in groups],
            drop_invalid_header_fields=True,
            desync_mitigation_mode=args.desync_mode,
            idle_timeout=args.idle_timeout,
            access_logs={"bucket": logs.name, "prefix": ACCESS_LOGS, "enabled": True} if logs else None,
            connection_logs={"bucket": logs.name, "prefix": CONNECTION_LOGS, "enabled": True}
            if logs and args.connection_logs
            else None,
            enable_deletion_protection=args.protect,
            # Load balancing writes a test object at once.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs.ready] if logs else []),
        )

    def _http_listener(self) -> aws.lb.Listener:
        return aws.lb.Listener(
            f"{self._name}-http",
            load_balancer_arn=self.resource.arn,
            port=HTTP,
            protocol="HTTP",
            default_actions=[self._unless_a_rule_answers()],
            opts=self._child,
        )

    def _https_listener(self) -> aws.lb.Listener:
        """The listener of HTTPS, and one of HTTP that sends all who come there to it."""
        aws.lb.Listener(
            f"{self._name}-redirect",
            load_balancer_arn=self.resource.arn,
            port=HTTP,
            protocol="HTTP",
            default_actions=[
                {
                    "type": "redirect",
                    "redirect": {"protocol": "HTTPS", "port": str(HTTPS), "status_code": "HTTP_301"},
                }
            ],
            opts=self._child,
        )
        return aws.lb.Listener(
            f"{self._name}-https",
            load_balancer_arn=self.resource.arn,
            port=HTTPS,
            protocol="HTTPS",
            certificate_arn=self._args.certificate_arn,
            ssl_policy=self._args.tls_policy,
            default_actions=[self._unless_a_rule_answers()],
            opts=self._child,
        )

    def _unless_a_rule_answers(self) -> aws.lb.ListenerDefaultActionArgsDict:
        """Whoever brings the secret along is answered by a rule."""
        return {"type": "fixed-response", "fixed_response": FORBIDDEN if self.origin_secrets else NOT_FOUND}

    def _answer_what_is_not_routed(self) -> None:
        if self.origin_secrets:
            answer: Action = {"type": "fixed-response", "fixed_response": NOT_FOUND}
            self._rule(f"{self._name}-not-found", None, [], answer)

    def _rule(
        self,
        name: str,
        band: int | None,
        conditions: Sequence[Condition],
        action: Action,
    ) -> None:
        """A rule for requests with the secret; without a band it is the last one."""
        number = routing.LAST_PRIORITY if band is None else routing.priority(name, band, self._priorities)
        self._priorities.add(number)
        secret: list[Condition] = (
            [{"http_header": {"http_header_name": ORIGIN_HEADER, "values": self.origin_secrets}}]
            if self.origin_secrets
            else []
        )
        aws.lb.ListenerRule(
            name,
            listener_arn=self.listener.arn,
            priority=number,
            conditions=[*conditions, *secret],
            actions=[action],
            opts=self._child,
        )

    def _target_group(self, name: str, args: TargetGroupArgs) -> aws.lb.TargetGroup:
        group = aws.lb.TargetGroup(
            naming.auto(name, NAME_LIMIT),
            vpc_id=self._args.vpc_id,
            port=args.port,
            protocol="HTTP",
            target_type="instance",
            load_balancing_algorithm_type=args.algorithm,
            load_balancing_anomaly_mitigation="on" if args.anomaly_mitigation else "off",
            slow_start=args.slow_start,
            deregistration_delay=args.deregistration_delay,
            stickiness={
                "type": "lb_cookie",
                "enabled": bool(args.stickiness),
                "cookie_duration": args.stickiness or DAY,
            },
            health_check={
                "path": args.health_path,
                "interval": args.health_interval,
                "timeout": args.health_timeout,
                "healthy_threshold": args.healthy_threshold,
                "unhealthy_threshold": args.unhealthy_threshold,
                "matcher": "200",
            },
            opts=self._child,
        )
        self._watch(name, {"TargetGroup": group.arn_suffix})
        return group

    def _watch(self, name: str, target: dict[str, pulumi.Output[str]]) -> None:
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

    def _errors(self, name: str, metric: str, dimensions: dict[str, pulumi.Output[str]]) -> Alarm:
        return Alarm(
            name=f"{name}-errors",
            description=f"{name} answers with server errors; look at the instances' logs.",
            namespace="AWS/ApplicationELB",
            metric=metric,
            dimensions={"LoadBalancer": self.resource.arn_suffix, **dimensions},
            statistic="Sum",
            threshold=10,
            urgent=True,
        )


def _forward(shares: Sequence[tuple[pulumi.Output[str], int]], stickiness: int) -> Action:
    if len(shares) == 1:
        return {"type": "forward", "target_group_arn": shares[0][0]}
    return {
        "type": "forward",
        "forward": {
            "target_groups": [{"arn": arn, "weight": weight} for arn, weight in shares],
            # AWS refuses sticky targets in groups that are not sticky themselves.
            "stickiness": {"enabled": bool(stickiness), "duration": stickiness or 1},
        },
    }
