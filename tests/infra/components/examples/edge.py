"""Examples of the components of edge."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pulumi_aws as aws

from infra.components import (
    cdn,
    cdn_log,
    certificates,
    dns,
    gateway,
    identity,
    load_balancer,
    media_keys,
    response_headers,
    waf,
)
from tests.infra.components.examples import network
from tests.infra.components.examples.example import Example
from tests.infra.components.examples.parts import a_bucket, a_function


def a_balancer(name: str) -> load_balancer.LoadBalancer:
    return load_balancer.LoadBalancer(name, network.balancer_args(f"{name}-logs"))


def a_zone(name: str) -> dns.Zone:
    return dns.Zone(name, dns.ZoneArgs(domain=f"{name}.example.com", hosted_zone_id=None, protect=False))


def make_alias(target: Any) -> object:
    return a_zone("one").alias("a.example.com", target)


def cdn_args(**more: Any) -> cdn.CdnArgs:
    return cdn.CdnArgs(
        site=a_bucket("one"),
        media=a_bucket("media"),
        service_domain="service",
        media_patterns=["/m"],
        file_patterns=["/f"],
        cached_patterns=["/c"],
        cached_by=["X-Key"],
        live_patterns=["/l"],
        not_found_page="/404.html",
        content_security_policy="default-src 'self'",
        price_class="PriceClass_100",
        service_by_https=False,
        origin_header=("X-Proof", "secret"),
        **more,
    )


def make_cdn_with(field: str) -> Any:
    return lambda value: cdn.Cdn("it", cdn_args(**{field: value}))


def gateway_args(**more: Any) -> gateway.GatewayArgs:
    return gateway.GatewayArgs(
        function=a_function("one"), rate=1, burst=1, log_retention_days=3, log_kms_key_arn="key", **more
    )


def gateway_services() -> gateway.Services:
    return gateway.Services(
        load_balancer=a_balancer("one"),
        vpc_id="vpc",
        subnet_ids=["subnet"],
        host="lb.example.com",
        headers={"X-Proof": "secret"},
    )


def gateway_tokens() -> gateway.Tokens:
    return gateway.Tokens(issuer="https://issuer.example.com", audience=["client"])


def make_route(route: Any) -> object:
    args = gateway_args(routes={"GET /": route}, services=gateway_services(), tokens=gateway_tokens())
    return gateway.Gateway("it", args)


def make_gateway_with(field: str) -> Any:
    routes = {"GET /": gateway.Route(target="services", signed_in=True)}
    others = {"services": gateway_services, "tokens": gateway_tokens}

    def make(value: Any) -> object:
        given = {name: other() for name, other in others.items() if name != field}
        return gateway.Gateway("it", gateway_args(routes=routes, **given, **{field: value}))

    return make


def make_watched_waf(target: Any) -> None:
    for alarm in waf.Waf("it", target).alarms:
        aws.cloudwatch.MetricAlarm(
            alarm.name,
            comparison_operator=alarm.comparison,
            evaluation_periods=1,
            dimensions=alarm.dimensions,
        )


def show_media_keys(args: Any) -> None:
    """Where the private part is shows where somebody reads it."""
    media_keys.MediaKeys("it", args).secret.grant_read(a_function("signs").role)


COUNTRIES = cdn.Countries(kind="whitelist", codes=["CH"])
NAMING = cdn.Naming(aliases=["shop.example.com"], certificate_arn="certificate")
CORS = gateway.Cors(origins=["https://a.example.com"], credentials=False, max_age=1)
PRIVATE = cdn.PrivateFiles(patterns=["/p"], key_group_id="group")
MEDIA_KEY = media_keys.MediaKey(public_key="public", secret_arn="secret")  # noqa: S106 - where it is
OWN = gateway.OwnDomain(name="api.example.com", certificate_arn="certificate")

EXAMPLES: Mapping[type, Example] = {
    cdn.CdnArgs: Example(
        make=lambda args: cdn.Cdn("it", args),
        args=cdn_args,
        changes={
            "site": lambda _: a_bucket("two"),
            "media": lambda _: a_bucket("two"),
            "naming": lambda _: NAMING,
            "origin_header": lambda _: ("X-Proof", "another"),
            "fallback_domain": lambda _: "another",
            "web_acl_arn": lambda _: "acl",
            "origin_shield": lambda _: "eu-west-1",
            "countries": lambda _: COUNTRIES,
            "private": lambda _: PRIVATE,
        },
    ),
    cdn.PrivateFiles: Example(make=make_cdn_with("private"), args=lambda: PRIVATE),
    media_keys.MediaKey: Example(
        make=lambda key: show_media_keys(media_keys.MediaKeysArgs(keys=[key])), args=lambda: MEDIA_KEY
    ),
    media_keys.MediaKeysArgs: Example(
        make=show_media_keys,
        args=lambda: media_keys.MediaKeysArgs(keys=[MEDIA_KEY]),
        changes={"keys": lambda _: [dataclasses.replace(MEDIA_KEY, public_key="another")]},
    ),
    cdn.Naming: Example(make=make_cdn_with("naming"), args=lambda: NAMING),
    cdn.Countries: Example(make=make_cdn_with("countries"), args=lambda: COUNTRIES),
    cdn_log.CdnLogArgs: Example(
        make=lambda args: cdn_log.CdnLog("it", args),
        args=lambda: cdn_log.CdnLogArgs(
            distribution_arn="distribution", bucket=a_bucket("one"), account_id="1"
        ),
        changes={"bucket": lambda _: a_bucket("two")},
    ),
    response_headers.ResponseHeadersArgs: Example(
        make=lambda args: response_headers.ResponseHeaders("it", args),
        args=lambda: response_headers.ResponseHeadersArgs(
            comment="c", content_security_policy="default-src 'self'", keeps_own_policy=False
        ),
    ),
    certificates.CertificateArgs: Example(
        make=lambda args: certificates.Certificate("it", args),
        args=lambda: certificates.CertificateArgs(zone=a_zone("one"), names=["a.example.com"]),
        changes={"zone": lambda _: a_zone("two")},
    ),
    dns.ZoneArgs: Example(
        make=lambda args: dns.Zone("it", args),
        args=lambda: dns.ZoneArgs(domain="example.com", hosted_zone_id=None, protect=False),
        changes={"hosted_zone_id": lambda _: "Z1"},
    ),
    dns.Target: Example(
        make=make_alias,
        args=lambda: dns.Target(domain="d", zone_id="Z2", check_health=False, ipv6=False),
    ),
    dns.ProbeArgs: Example(
        make=lambda args: dns.Probe("it", args),
        args=lambda: dns.ProbeArgs(domain="example.com", path="/live"),
    ),
    gateway.GatewayArgs: Example(
        make=lambda args: gateway.Gateway("it", args),
        args=gateway_args,
        changes={
            "function": lambda _: a_function("two"),
            "routes": lambda _: {"GET /": gateway.Route()},
            "services": lambda _: gateway_services(),
            "tokens": lambda _: gateway_tokens(),
            "cors": lambda _: CORS,
            "domain": lambda _: OWN,
        },
    ),
    gateway.Route: Example(
        make=make_route,
        args=lambda: gateway.Route(rate=1, burst=1),
        changes={"target": lambda _: "services"},
    ),
    gateway.Services: Example(
        make=make_gateway_with("services"),
        args=gateway_services,
        changes={"load_balancer": lambda _: a_balancer("two")},
    ),
    gateway.Tokens: Example(make=make_gateway_with("tokens"), args=gateway_tokens),
    gateway.Cors: Example(make=make_gateway_with("cors"), args=lambda: CORS),
    gateway.OwnDomain: Example(make=make_gateway_with("domain"), args=lambda: OWN),
    identity.IdentityArgs: Example(
        make=lambda args: identity.Identity("it", args),
        args=lambda: identity.IdentityArgs(
            tier="PLUS",
            threat_protection="AUDIT",
            mfa="OPTIONAL",
            password_length=12,
            access_token_minutes=60,
            refresh_token_days=30,
            protect=False,
        ),
        changes={"sender": lambda _: identity.Sender(address="a@example.com", identity_arn="identity")},
    ),
    identity.Sender: Example(
        make=lambda sender: identity.Identity(
            "it", dataclasses.replace(EXAMPLES[identity.IdentityArgs].args(), sender=sender)
        ),
        args=lambda: identity.Sender(address="a@example.com", identity_arn="identity"),
    ),
    waf.WafArgs: Example(
        make=make_watched_waf,
        args=lambda: waf.WafArgs(
            scope="REGIONAL",
            region="eu-west-1",
            rate_limit=100,
            rule_groups=["common"],
            count={},
            log="refused",
            log_retention_days=3,
            log_kms_key_arn="key",
        ),
        changes={
            "scope": lambda _: "CLOUDFRONT",
            "rule_groups": lambda _: ["common", "linux"],
            "count": lambda _: {"common": ["SizeRestrictions_BODY"]},
            "log": lambda _: "all",
        },
    ),
}
