"""The load balancer: what is routed, and what is not."""

import json

from infra.components.load_balancer import LoadBalancer, LoadBalancerArgs
from scripts.evaluation.recorder import Recording, record


def balancer(*routes: tuple[str, list[str]]) -> Recording:
    args = LoadBalancerArgs(vpc_id="vpc", subnet_ids=["a", "b"], clients_prefix_list_id="pl-1", protect=False)

    def program() -> None:
        load_balancer = LoadBalancer("edge", args)
        for name, patterns in routes:
            load_balancer.route(name, patterns=patterns, port=8080, health_path="/live")

    return record(program)


def test_what_is_not_routed_is_not_found() -> None:
    action = balancer().one("lb/listener:Listener").inputs["defaultActions"][0]
    assert (action["type"], action["fixedResponse"]["statusCode"]) == ("fixed-response", "404")
    assert json.loads(action["fixedResponse"]["messageBody"])["title"] == "Not Found"


def test_more_patterns_than_a_rule_may_have_make_more_rules() -> None:
    rules = balancer(("shop", [f"/{number}" for number in range(11)])).of("ListenerRule")
    values = [it.inputs["conditions"][0]["pathPattern"]["values"] for it in rules]
    assert [len(value) for value in values] == [5, 5, 1]
    assert {it.inputs["actions"][0]["targetGroupArn"] for it in rules} == {
        "arn:aws:lb:us-east-1:123456789012:shop-1a2b3c4"
    }


def test_no_two_rules_have_one_priority() -> None:
    rules = balancer(("a", ["/a"] * 6), ("b", ["/b"])).of("ListenerRule")
    assert [it.inputs["priority"] for it in rules] == [10, 20, 30]


def test_a_second_service_gets_a_target_group_of_its_own() -> None:
    recording = balancer(("a", ["/a"]), ("b", ["/b"]))
    assert [it.name for it in recording.of("TargetGroup")] == ["a", "b"]


def test_a_target_group_has_no_name_of_ours_that_would_stand_in_the_way_of_its_successor() -> None:
    assert "name" not in balancer(("shop", ["/*"])).one("TargetGroup").inputs


def test_headers_that_no_rfc_allows_are_dropped() -> None:
    assert balancer().one("lb/loadBalancer:LoadBalancer").inputs["dropInvalidHeaderFields"]
