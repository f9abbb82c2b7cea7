"""What the settings of the edge forbid each other, and in which words."""

from typing import Any

import pytest

from infra.rules.edge import SHIELD_REGIONS
from tests.infra.stacks import DEV, PROD, parse, refusal

OWN = {"name": "shop.example.com", "hosted_zone_id": "Z0123456789"}

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"domain": {"name": "shop.example.com"}},
        "domain.hosted_zone_id is not set; allowed: the id of a Route 53 zone where there is a domain.name.",
        "Name the zone that holds the domain, or set domain.create_zone to make one.",
    ),
    (
        {"domain": {**OWN, "create_zone": True}},
        "domain.create_zone is True; allowed: false where there is a domain.hosted_zone_id.",
        "Two zones of one name answer differently: keep one of the two settings.",
    ),
    (
        {"domain": {"create_zone": True}},
        "domain.create_zone is True; allowed: unset without a domain.name.",
        "Name the domain, or remove it.",
    ),
    (
        {"domain": {"aliases": ["a.example.com"]}},
        "domain.aliases is ['a.example.com']; allowed: unset without a domain.name.",
        "Name the domain, or remove it.",
    ),
    (
        {"domain": {**OWN, "delegated": True}},
        "domain.delegated is True; allowed: false without domain.create_zone.",
        "Remove it: a zone that is adopted counts as delegated.",
    ),
    (
        {"domain": {**OWN, "aliases": ["api.shop.example.com"]}},
        (
            "domain.aliases is 'api.shop.example.com'; allowed: names other than shop.example.com, "
            "api.shop.example.com and lb.shop.example.com, each once."
        ),
        "Remove it: two records of one name would fight.",
    ),
    (
        {"domain": {"name": "shop.example.com", "create_zone": True, "aliases": ["www.example.com"]}},
        (
            "domain.aliases is 'www.example.com'; allowed: names that end with .shop.example.com where the "
            "zone is made."
        ),
        "Only the zone of a common parent can hold both: adopt that by domain.hosted_zone_id.",
    ),
    (
        {"waf": {"enabled": False, "regional": True}},
        "waf.regional is True; allowed: false where waf.enabled is.",
        "Only CloudFront reaches the load balancer: set waf.enabled, where clients arrive.",
    ),
    (
        {"waf": {"count": {"linux": ["LFI_URIPATH"]}}},
        (
            "waf.count.linux is ['LFI_URIPATH']; allowed: groups of waf.rule_groups: common, "
            "known_bad_inputs, sql_injection, ip_reputation."
        ),
        "It would change nothing: add the group, or remove it here.",
    ),
    (
        {"cdn": {"allowed_countries": ["CH"], "refused_countries": ["KP"]}},
        "cdn.refused_countries is ['KP']; allowed: none where there are cdn.allowed_countries.",
        "CloudFront takes one list: who is not allowed is refused already.",
    ),
    (
        {"cdn": {"origin_shield": "eu-north-1"}},
        (
            "cdn.origin_shield is 'eu-north-1'; allowed: unset, or one of "
            f"{', '.join(sorted(SHIELD_REGIONS))}."
        ),
        "Choose the one that is nearest to the stack's region.",
    ),
    (
        {"gateway": {"cors": {"origins": ["*"], "credentials": True}}},
        (
            "gateway.cors.origins is ['*']; allowed: sites by their names where gateway.cors.credentials "
            "is true."
        ),
        "Browsers refuse credentials for any site: name those that may send them.",
    ),
    (
        {"gateway": {"routes": {"POST /orders": {"rate": 10}}}},
        ("gateway.routes.POST /orders.burst is not set; allowed: set where the other of rate and burst is."),
        "API Gateway would take 0 for it and refuse every request: set both, or neither.",
    ),
    (
        {"identity": {"threat_protection": "ENFORCED"}},
        "identity.threat_protection is 'ENFORCED'; allowed: OFF in the tier ESSENTIALS.",
        "Set identity.tier to PLUS, which costs 0.02 USD a user and month.",
    ),
    (
        {"identity": {"access_token_minutes": 1_440, "refresh_token_days": 1}},
        (
            "identity.access_token_minutes is 1440; allowed: less than identity.refresh_token_days in "
            "minutes, 1440."
        ),
        "Cognito wants access tokens to end before what renews them: lower it.",
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal(DEV | config).splitlines()


def test_production_needs_a_firewall() -> None:
    assert (
        "- blueprint:waf.enabled is False; allowed: true in stage prod. Without it, one client can take the "
        "whole shop: remove it, presets above single have it."
    ) in refusal(PROD | {"waf": {"enabled": False}}).splitlines()


@pytest.mark.parametrize(
    "config",
    [
        {"domain": OWN},
        {"domain": {**OWN, "aliases": ["www.example.com"]}},
        {"domain": {"name": "shop.example.com", "create_zone": True}},
        {"gateway": {"cors": {"origins": ["https://a.example.com"], "credentials": True}}},
        {"identity": {"tier": "PLUS", "threat_protection": "AUDIT"}},
    ],
)
def test_settings_that_go_together_are_accepted(config: dict[str, Any]) -> None:
    assert parse(DEV | config)


@pytest.mark.parametrize(
    "domain", [OWN, {"name": "shop.example.com", "create_zone": True, "delegated": True}]
)
def test_a_domain_is_in_use_once_its_names_can_be_resolved(domain: dict[str, Any]) -> None:
    assert parse(DEV | {"domain": domain}).domain.in_use


@pytest.mark.parametrize("domain", [{}, {"name": "shop.example.com", "create_zone": True}])
def test_a_domain_is_not_in_use_before_its_zone_is_delegated(domain: dict[str, Any]) -> None:
    assert not parse(DEV | {"domain": domain}).domain.in_use


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"gateway": {"routes": {"/orders": {}}}}, "gateway.routes"),
        ({"domain": {"name": "Shop_1"}}, "domain.name"),
        ({"cdn": {"price_class": "PriceClass_300"}}, "cdn.price_class"),
        ({"cdn": {"refused_countries": ["Atlantis"]}}, "cdn.refused_countries"),
        ({"waf": {"rate_limit": 1}}, "waf.rate_limit"),
    ],
)
def test_values_that_aws_would_refuse_are_named(config: dict[str, Any], key: str) -> None:
    assert f"- blueprint:{key}" in refusal(DEV | config)
