"""The load balancer: what is routed, and what is not."""

import json
from collections.abc import Mapping
from typing import Any

from infra.components.load_balancer import LoadBalancer, LoadBalancerArgs, RouteArgs, TargetGroupArgs
from scripts.evaluation.recorder import Recording, Registered, record

TARGETS = TargetGroupArgs(port=8080, health_path="/live")
DEFAULTS: Mapping[str, Any] = {
    "vpc_id": "vpc",
    "subnet_ids": ["a", "b"],
    "clients_prefix_list_id": "pl-1",
    "origin_secret_version": 1,
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
