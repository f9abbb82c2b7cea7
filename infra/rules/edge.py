"""What the settings of domain, firewall, CDN, gateway and identity forbid each other."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings

SHIELD_REGIONS = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "me-central-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-2",
    }
)
"""Where CloudFront has Origin Shield; AWS names the nearest of them for any other region."""


def _domain_has_one_zone(settings: "Settings") -> Iterator[Problem]:
    domain = settings.domain
    if domain.name and not (domain.hosted_zone_id or domain.create_zone):
        yield Problem(
            key="domain.hosted_zone_id",
            value=None,
            allowed="the id of a Route 53 zone where there is a domain.name",
            remedy="Name the zone that holds the domain, or set domain.create_zone to make one.",
        )
    if domain.hosted_zone_id and domain.create_zone:
        yield Problem(
            key="domain.create_zone",
            value=True,
            allowed="false where there is a domain.hosted_zone_id",
            remedy="Two zones of one name answer differently: keep one of the two settings.",
        )


def _zones_and_aliases_are_a_domains(settings: "Settings") -> Iterator[Problem]:
    domain = settings.domain
    if domain.name:
        return
    for key in ("hosted_zone_id", "create_zone", "aliases"):
        if value := getattr(domain, key):
            yield Problem(
                key=f"domain.{key}",
                value=list(value) if key == "aliases" else value,
                allowed="unset without a domain.name",
                remedy="Name the domain, or remove it.",
            )


def _only_a_zone_of_ones_own_is_delegated(settings: "Settings") -> Iterator[Problem]:
    if settings.domain.delegated and not settings.domain.create_zone:
        yield Problem(
            key="domain.delegated",
            value=True,
            allowed="false without domain.create_zone",
            remedy="Remove it: a zone that is adopted counts as delegated.",
        )


def _names_are_distinct(settings: "Settings") -> Iterator[Problem]:
    domain = settings.domain
    if not domain.name:
        return
    taken = Counter([domain.name, f"api.{domain.name}", f"lb.{domain.name}", *domain.aliases])
    for alias in dict.fromkeys(domain.aliases):
        if taken[alias] > 1:
            yield Problem(
                key="domain.aliases",
                value=alias,
                allowed=f"names other than {domain.name}, api.{domain.name} and lb.{domain.name}, each once",
                remedy="Remove it: two records of one name would fight.",
            )


def _aliases_lie_in_the_zone(settings: "Settings") -> Iterator[Problem]:
    domain = settings.domain
    outside = [alias for alias in domain.aliases if not alias.endswith(f".{domain.name}")]
    if domain.name and domain.create_zone and outside:
        yield Problem(
            key="domain.aliases",
            value=outside[0],
            allowed=f"names that end with .{domain.name} where the zone is made",
            remedy="Only the zone of a common parent can hold both: adopt that by domain.hosted_zone_id.",
        )


def _production_has_a_firewall(settings: "Settings") -> Iterator[Problem]:
    if settings.stage == "prod" and not settings.waf.enabled:
        yield Problem(
            key="waf.enabled",
            value=False,
            allowed="true in stage prod",
            remedy="Without it, one client can take the whole shop: remove it, presets above single have it.",
        )


def _regional_firewall_follows_the_global_one(settings: "Settings") -> Iterator[Problem]:
    if settings.waf.regional and not settings.waf.enabled:
        yield Problem(
            key="waf.regional",
            value=True,
            allowed="false where waf.enabled is",
            remedy="Only CloudFront reaches the load balancer: set waf.enabled, where clients arrive.",
        )


def _counted_groups_are_asked(settings: "Settings") -> Iterator[Problem]:
    for group in sorted(settings.waf.count.keys() - set(settings.waf.rule_groups)):
        yield Problem(
            key=f"waf.count.{group}",
            value=list(settings.waf.count[group]),
            allowed=f"groups of waf.rule_groups: {', '.join(settings.waf.rule_groups)}",
            remedy="It would change nothing: add the group, or remove it here.",
        )


def _countries_are_allowed_or_refused(settings: "Settings") -> Iterator[Problem]:
    if settings.cdn.allowed_countries and settings.cdn.refused_countries:
        yield Problem(
            key="cdn.refused_countries",
            value=list(settings.cdn.refused_countries),
            allowed="none where there are cdn.allowed_countries",
            remedy="CloudFront takes one list: who is not allowed is refused already.",
        )


def _the_shield_exists(settings: "Settings") -> Iterator[Problem]:
    shield = settings.cdn.origin_shield
    if shield is not None and shield not in SHIELD_REGIONS:
        yield Problem(
            key="cdn.origin_shield",
            value=shield,
            allowed=f"unset, or one of {', '.join(sorted(SHIELD_REGIONS))}",
            remedy="Choose the one that is nearest to the stack's region.",
        )


def _credentials_are_for_named_sites(settings: "Settings") -> Iterator[Problem]:
    cors = settings.gateway.cors
    if cors.credentials and "*" in cors.origins:
        yield Problem(
            key="gateway.cors.origins",
            value=list(cors.origins),
            allowed="sites by their names where gateway.cors.credentials is true",
            remedy="Browsers refuse credentials for any site: name those that may send them.",
        )


def _throttling_is_whole(settings: "Settings") -> Iterator[Problem]:
    for key, route in settings.gateway.routes.items():
        if (route.rate is None) != (route.burst is None):
            missing = "rate" if route.rate is None else "burst"
            yield Problem(
                key=f"gateway.routes.{key}.{missing}",
                value=None,
                allowed="set where the other of rate and burst is",
                remedy="API Gateway would take 0 for it and refuse every request: set both, or neither.",
            )


def _threat_protection_has_its_tier(settings: "Settings") -> Iterator[Problem]:
    identity = settings.identity
    if identity.threat_protection != "OFF" and identity.tier != "PLUS":
        yield Problem(
            key="identity.threat_protection",
            value=identity.threat_protection,
            allowed=f"OFF in the tier {identity.tier}",
            remedy="Set identity.tier to PLUS, which costs 0.02 USD a user and month.",
        )


def _sessions_outlive_their_tokens(settings: "Settings") -> Iterator[Problem]:
    identity = settings.identity
    session = identity.refresh_token_days * 1_440
    if identity.access_token_minutes >= session:
        yield Problem(
            key="identity.access_token_minutes",
            value=identity.access_token_minutes,
            allowed=f"less than identity.refresh_token_days in minutes, {session}",
            remedy="Cognito wants access tokens to end before what renews them: lower it.",
        )


RULES: tuple[Rule, ...] = (
    _domain_has_one_zone,
    _zones_and_aliases_are_a_domains,
    _only_a_zone_of_ones_own_is_delegated,
    _names_are_distinct,
    _aliases_lie_in_the_zone,
    _production_has_a_firewall,
    _regional_firewall_follows_the_global_one,
    _counted_groups_are_asked,
    _countries_are_allowed_or_refused,
    _the_shield_exists,
    _credentials_are_for_named_sites,
    _throttling_is_whole,
    _threat_protection_has_its_tier,
    _sessions_outlive_their_tokens,
)
