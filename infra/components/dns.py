"""Names: a hosted zone, and records in it."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming
from infra.components.alarms import Alarm


@dataclass(frozen=True, kw_only=True)
class ZoneArgs:
    """
    Attributes:
        domain: the name at the zone's top, where the zone is made.
        hosted_zone_id: the zone that is there already; None makes one.
        protect: refuse to be deleted: a new zone has other name servers, which the parent must learn first.
    """

    domain: str
    hosted_zone_id: str | None
    protect: bool


@dataclass(frozen=True, kw_only=True)
class Target:
    """Something of AWS that a name can stand for.

    Attributes:
        domain: its own name.
        zone_id: the zone of that name, which is AWS's.
        check_health: answer with it only while AWS finds it healthy; CloudFront and API Gateway always are.
        ipv6: it can be reached by IPv6, too.
    """

    domain: pulumi.Input[str]
    zone_id: pulumi.Input[str]
    check_health: bool = False
    ipv6: bool = False


class Zone(pulumi.ComponentResource):
    """A hosted zone, made or adopted.

    Resources: zone (where it is made), records.

    Attributes:
        id: of the zone.
        name_servers: what the parent zone must name; None where the zone is adopted.
    """

    def __init__(self, name: str, args: ZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:edge:Zone", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._proofs: dict[str, aws.route53.Record] = {}
        zone = None if args.hosted_zone_id else self._make(name, args)
        self.id: pulumi.Input[str] = zone.zone_id if zone else args.hosted_zone_id or ""
        self.name_servers = zone.name_servers if zone else None
        self.register_outputs({"id": self.id})

    def _make(self, name: str, args: ZoneArgs) -> aws.route53.Zone:
        return aws.route53.Zone(
            name,
            name=args.domain,
            comment=f"Names of {naming.prefix()}",
            force_destroy=not args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )

    def alias(self, name: str, target: Target, *, region: str | None = None) -> list[aws.route53.Record]:
        """Let `name` stand for `target`.

        With `region`, it does so for clients to whom that region is the nearest; each of several regions
        calls this once. A region whose target is unhealthy is left out (`Target.check_health`). No health
        check of Route 53 does that: its checkers are refused by a load balancer that only knows CloudFront.
        """
        suffix = f"-{region}" if region else ""
        return [
            aws.route53.Record(
                f"{name}-{kind}{suffix}",
                zone_id=self.id,
                name=name,
                type=kind,
                aliases=[
                    {
                        "name": target.domain,
                        "zone_id": target.zone_id,
                        "evaluate_target_health": target.check_health,
                    }
                ],
                set_identifier=region,
                latency_routing_policies=[{"region": region}] if region else None,
                opts=self._child,
            )
            for kind in ("A", "AAAA")[: 2 if target.ipv6 else 1]
        ]

    def prove(self, domain: str, certificate: aws.acm.Certificate) -> aws.route53.Record:
        """The record by which ACM knows that `domain`, a name of `certificate`, is ours.

        One for a name: it is the same for every certificate of an account that has the name.
        """
        if domain not in self._proofs:
            wanted = certificate.domain_validation_options.apply(
                lambda options: next(option for option in options if option.domain_name == domain)
            )
            self._proofs[domain] = aws.route53.Record(
                f"{domain}-proof",
                zone_id=self.id,
                name=wanted.resource_record_name,
                type=wanted.resource_record_type,
                records=[wanted.resource_record_value],
                ttl=300,
                allow_overwrite=True,  # another stack of the account may have proven the name
                opts=self._child,
            )
        return self._proofs[domain]


@dataclass(frozen=True, kw_only=True)
class ProbeArgs:
    """
    Attributes:
        domain: asked by HTTPS.
        path: whose answer must be of status 2xx or 3xx.
        interval: seconds between two checks of one checker, 30 or 10.
    """

    domain: pulumi.Input[str]
    path: str
    interval: int = 30


class Probe(pulumi.ComponentResource):
    """Asks for a page from around the world, as a customer would.

    Resources: health check.

    Attributes:
        alarms: the page is not there. Their metric is in us-east-1 only.
    """

    def __init__(self, name: str, args: ProbeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:edge:Probe", name, None, opts)
        check = aws.route53.HealthCheck(
            name,
            type="HTTPS",
            fqdn=args.domain,
            port=443,
            resource_path=args.path,
            request_interval=args.interval,
            failure_threshold=3,
            enable_sni=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.alarms = [
            Alarm(
                name=f"{name}-unreachable",
                description=f"{args.path} cannot be reached from outside: look at CDN, balancer and fleet.",
                namespace="AWS/Route53",
                metric="HealthCheckStatus",
                dimensions={"HealthCheckId": check.id},
                comparison="LessThanThreshold",
                statistic="Minimum",
                threshold=1,
                periods=2,
                missing="breaching",
            )
        ]
        self.register_outputs({"id": check.id})
