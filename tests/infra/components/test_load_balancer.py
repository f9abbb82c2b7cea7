"""The load balancer: what is routed, and what is not."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from infra.components.load_balancer import LoadBalancer, LoadBalancerArgs, RouteArgs, TargetGroupArgs
from infra.components.log_bucket import LogBucket, LogBucketArgs
from scripts.evaluation.recorder import Recording, Registered, record

TARGETS = TargetGroupArgs(port=8080, health_path="/live")
DEFAULTS: Mapping[str, Any] = {
    "vpc_id": "vpc",
    "subnet_ids": ["a", "b"],
    "clients_prefix_list_id": "pl-1",
    "origin_secret_version": 1,
    "certificate_arn": None,
    "tls_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "idle_timeout": 60,
    "desync_mode": "defensive",
    "logs": None,
    "connection_logs": False,
    "protect": False,
}


def balancer(
    routes: Mapping[str, RouteArgs] | None = None, targets: TargetGroupArgs = TARGETS, **options: Any
) -> Recording:
    def program() -> None:
        load_balancer = LoadBalancer("edge", LoadBalancerArgs(**{**DEFAULTS, **options}))
        for name, route in (routes or {}).items():
            load_balancer.route(name, route, targets)

    return record(program)


def condition(rule: Registered, kind: str) -> list[str]:
    """The values that a rule compares something of a request with."""
    values: list[str] = next((it[kind]["values"] for it in rule.inputs["conditions"] if kind in it), [])
    return values


def test_who_lacks_the_secret_is_forbidden_everything() -> None:
    recording = balancer({"shop": RouteArgs(patterns=["/*"])})
    action = recording.one("lb/listener:Listener").inputs["defaultActions"][0]
    assert (action["type"], action["fixedResponse"]["statusCode"]) == ("fixed-response", "403")
    for rule in recording.of("ListenerRule"):
        assert condition(rule, "httpHeader") == ["not-a-real-password"]
        assert "conditions" in rule.secrets


def test_what_is_not_routed_is_not_found_for_who_has_the_secret() -> None:
    rule = balancer().one("ListenerRule")
    action = rule.inputs["actions"][0]
    assert (action["type"], action["fixedResponse"]["statusCode"]) == ("fixed-response", "404")
    assert json.loads(action["fixedResponse"]["messageBody"])["title"] == "Not Found"
    assert rule.inputs["priority"] == 50_000


def test_without_a_secret_what_is_not_routed_is_not_found() -> None:
    recording = balancer({"shop": RouteArgs(patterns=["/*"])}, origin_secret_version=None)
    action = recording.one("lb/listener:Listener").inputs["defaultActions"][0]
    assert action["fixedResponse"]["statusCode"] == "404"
    assert not recording.of("RandomPassword")
    assert not condition(recording.one("ListenerRule"), "httpHeader")


def test_a_renewed_secret_leaves_the_one_before_good() -> None:
    recording = balancer(origin_secret_version=3)
    assert [it.name for it in recording.of("RandomPassword")] == ["edge-origin-2", "edge-origin-3"]
    assert len(condition(recording.one("ListenerRule"), "httpHeader")) == 2


def test_rules_have_room_for_the_secret_and_its_successor() -> None:
    route = RouteArgs(patterns=[f"/{number}" for number in range(7)])
    rules = balancer({"shop": route}).of("ListenerRule")
    paths = [condition(it, "pathPattern") for it in rules if it.name.startswith("shop")]
    assert [len(values) for values in paths] == [3, 3, 1]


def test_no_two_rules_have_one_priority() -> None:
    names = [f"service-{number}" for number in range(40)]
    rules = balancer({name: RouteArgs(patterns=[f"/{name}"]) for name in names}).of("ListenerRule")
    assert len({it.inputs["priority"] for it in rules}) == len(rules) == 41


def test_another_service_renumbers_no_rule() -> None:
    shop = {"shop": RouteArgs(patterns=["/orders*", "/live"])}
    more = {"export": RouteArgs(patterns=["/orders/export*", "/live/deep"]), **shop}

    def priorities(recording: Recording) -> dict[str, int]:
        return {it.name: it.inputs["priority"] for it in recording.of("ListenerRule")}

    alone, beside = priorities(balancer(shop)), priorities(balancer(more))
    assert alone.items() <= beside.items()
    assert beside["export-prefix-14-1"] < beside["shop-prefix-7-1"]


def test_a_route_may_be_held_to_hosts() -> None:
    rule = balancer({"shop": RouteArgs(patterns=["/a"], hosts=["shop.example.com"])}).one(
        "ListenerRule", "shop-exact-1"
    )
    assert condition(rule, "hostHeader") == ["shop.example.com"]


def test_a_second_service_gets_a_target_group_of_its_own() -> None:
    recording = balancer({"a": RouteArgs(patterns=["/a"]), "b": RouteArgs(patterns=["/b"])})
    assert [it.name for it in recording.of("TargetGroup")] == ["a", "b"]


def test_a_canary_is_a_group_beside_the_live_one_which_keeps_its_name() -> None:
    route = RouteArgs(patterns=["/*"], weights={"live": 95, "canary": 5})
    recording = balancer({"shop": route})
    (action,) = recording.one("ListenerRule", "shop-prefix-1-1").inputs["actions"]
    shares = {it["arn"].rpartition(":")[2]: it["weight"] for it in action["forward"]["targetGroups"]}
    assert shares == {"shop-1a2b3c4": 95, "shop-canary-1a2b3c4": 5}
    assert action["forward"]["stickiness"]["enabled"] is False


def test_who_stays_with_a_target_stays_with_its_variant() -> None:
    route = RouteArgs(patterns=["/*"], weights={"live": 1, "canary": 1})
    targets = TargetGroupArgs(port=80, health_path="/live", stickiness=600)
    recording = balancer({"shop": route}, targets)
    (action,) = recording.one("ListenerRule", "shop-prefix-1-1").inputs["actions"]
    assert action["forward"]["stickiness"] == {"enabled": True, "duration": 600}
    stickiness = recording.one("TargetGroup", "shop-canary").inputs["stickiness"]
    assert stickiness == {"type": "lb_cookie", "enabled": True, "cookieDuration": 600}


def test_targets_are_spread_as_told() -> None:
    targets = TargetGroupArgs(
        port=80, health_path="/live", algorithm="weighted_random", anomaly_mitigation=True
    )
    group = balancer({"shop": RouteArgs(patterns=["/*"])}, targets).one("TargetGroup").inputs
    assert group["loadBalancingAlgorithmType"] == "weighted_random"
    assert group["loadBalancingAnomalyMitigation"] == "on"


def test_a_target_group_has_no_name_of_ours_that_would_stand_in_the_way_of_its_successor() -> None:
    assert "name" not in balancer({"shop": RouteArgs(patterns=["/*"])}).one("TargetGroup").inputs


def test_headers_that_no_rfc_allows_are_dropped() -> None:
    assert balancer().one("lb/loadBalancer:LoadBalancer").inputs["dropInvalidHeaderFields"]


def test_a_web_acl_looks_at_requests_first() -> None:
    def program() -> None:
        LoadBalancer("edge", LoadBalancerArgs(**DEFAULTS)).associate_waf("acl")

    association = record(program).one("WebAclAssociation").inputs
    assert association == {
        "webAclArn": "acl",
        "resourceArn": "arn:aws:lb:us-east-1:123456789012:blueprint-dev-edge",
    }


def test_with_a_certificate_http_only_leads_to_https() -> None:
    recording = balancer({"shop": RouteArgs(patterns=["/*"])}, certificate_arn="certificate")
    redirect = recording.one("lb/listener:Listener", "edge-redirect").inputs
    https = recording.one("lb/listener:Listener", "edge-https").inputs
    assert redirect["defaultActions"][0]["redirect"] == {
        "protocol": "HTTPS",
        "port": "443",
        "statusCode": "HTTP_301",
    }
    assert (https["port"], https["certificateArn"]) == (443, "certificate")
    assert https["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    listeners = {it.inputs["listenerArn"] for it in recording.of("ListenerRule")}
    assert [arn.rpartition(":")[2] for arn in listeners] == ["edge-https-1a2b3c4"]


def test_no_security_group_names_cloudfronts_list_twice() -> None:
    """The list counts as 55 rules, and a group may have 60."""
    recording = balancer(certificate_arn="certificate")
    rules = [(it.inputs["securityGroupId"], it.inputs["toPort"]) for it in recording.of("IngressRule")]
    assert sorted(rules) == [("edge-id", 443), ("edge-redirect-id", 80)]
    worn = recording.one("lb/loadBalancer:LoadBalancer").inputs["securityGroups"]
    assert worn == ["edge-id", "edge-redirect-id"]


@pytest.mark.parametrize(
    ("region", "principal"),
    [
        ("us-east-1", {"AWS": "arn:aws:iam::127311923021:root"}),
        ("eu-central-2", {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}),
    ],
)
def test_logs_are_written_by_whom_the_age_of_the_region_says(region: str, principal: dict[str, str]) -> None:
    def program() -> None:
        bucket = LogBucketArgs(region=region, account_id="123456789012", retention_days=30, protect=False)
        options = {**DEFAULTS, "logs": LogBucket("logs", bucket), "connection_logs": True}
        LoadBalancer("edge", LoadBalancerArgs(**options))

    recording = record(program)
    policy = recording.one("BucketPolicy")
    (statement,) = [it for it in policy.json("policy")["Statement"] if it["Sid"] == "LoadBalancers"]
    load_balancer = recording.one("lb/loadBalancer:LoadBalancer")
    assert statement["Principal"] == principal
    assert [it.partition("/")[2] for it in statement["Resource"]] == [
        "access/AWSLogs/123456789012/*",
        "connections/AWSLogs/123456789012/*",
    ]
    assert load_balancer.inputs["accessLogs"]["prefix"] == "access"
    assert load_balancer.inputs["connectionLogs"]["prefix"] == "connections"
    assert policy.urn in load_balancer.dependencies, "a test object is written at once"
    rule = recording.one("BucketLifecycleConfiguration").inputs["rules"][0]
    assert rule["expiration"] == {"days": 30}
