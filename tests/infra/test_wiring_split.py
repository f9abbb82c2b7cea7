"""Wiring of the stack `split`: settings alone divide the shop into services behind one front door."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra import routes
from tests.scripts.local.engine.world import World, deployed

SERVICES = {"catalog", "orders", "realtime"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The deployed stack; nothing here changes it."""
    with deployed(tmp_path_factory.mktemp("stack"), "split") as stack:
        yield stack


@pytest.fixture(scope="module")
def api(world: World) -> str:
    (found,) = world.client("apigatewayv2").get_apis()["Items"]
    identifier: str = found["ApiId"]
    return identifier


def test_each_service_has_a_fleet_that_answers_its_own_paths(world: World) -> None:
    elb = world.client("elbv2")
    fleets = world.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    services = {
        arn: fleet["AutoScalingGroupName"].removeprefix("blueprint-split-")
        for fleet in fleets
        for arn in fleet["TargetGroupARNs"]
    }
    answered: dict[str, list[str]] = {service: [] for service in services.values()}
    for rule in rules(elb):
        if arn := rule["Actions"][0].get("TargetGroupArn"):
            answered[services[arn]] += [
                value
                for condition in rule["Conditions"]
                for value in condition.get("PathPatternConfig", {}).get("Values", [])
            ]
    assert answered.keys() == SERVICES
    assert "/orders*" in answered["orders"]
    assert "/products*" in answered["catalog"]
    assert sorted(path for paths in answered.values() for path in paths) == sorted(routes.PATHS)


def test_every_route_of_the_front_door_leads_to_the_services_and_wants_a_token_where_the_shop_does(
    world: World, api: str
) -> None:
    gateway = world.client("apigatewayv2")
    (integration,) = gateway.get_integrations(ApiId=api)["Items"]
    (listener,) = {rule["ListenerArn"] for rule in listeners(world.client("elbv2"))}
    assert (integration["IntegrationType"], integration["IntegrationUri"]) == ("HTTP_PROXY", listener)
    kinds = {
        route["RouteKey"]: route.get("AuthorizationType", "NONE")
        for route in gateway.get_routes(ApiId=api)["Items"]
        if route["Target"] == f"integrations/{integration['IntegrationId']}"
    }
    assert {key for key, kind in kinds.items() if kind == "JWT"} == {*routes.SIGNED_IN, "POST /orders"}
    assert {"$default", "GET /products", *routes.OPEN} <= kinds.keys()


def test_the_front_door_limits_single_routes(world: World, api: str) -> None:
    (stage,) = world.client("apigatewayv2").get_stages(ApiId=api)["Items"]
    limits = {key: it["ThrottlingRateLimit"] for key, it in stage["RouteSettings"].items()}
    assert limits["POST /accounts/sign-in"] < limits["POST /orders"] < limits["GET /products"]


def listeners(elb: Any) -> list[dict[str, Any]]:
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    found: list[dict[str, Any]] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])[
        "Listeners"
    ]
    return found


def rules(elb: Any) -> list[dict[str, Any]]:
    return [
        rule
        for listener in listeners(elb)
        for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    ]
