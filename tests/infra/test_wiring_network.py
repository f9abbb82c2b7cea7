"""Wiring of the network's options: what they come to at AWS."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from scripts.local import ACCOUNT
from tests.scripts.local.engine.world import World, deployed

INSTANCE = """
config:
  aws:region: us-east-1
  blueprint:preset: single
  blueprint:stage: dev
  blueprint:network: {flow_logs: s3}
  blueprint:load_balancer: {access_logs: true, connection_logs: true, idle_timeout: 75}
"""
"""A NAT instance, and the network's logs in a bucket."""

PROXY = """
config:
  aws:region: eu-central-1
  blueprint:preset: growth
  blueprint:stage: staging
  blueprint:network:
    nat: none
    interface_endpoints:
      [autoscaling, cognito-idp, email, events, kinesis-streams, secretsmanager, sqs, ssm, transcribe]
    proxy_domains: [.example.com]
    flow_logs: cloudwatch
"""
"""No NAT but a proxy, and flow logs in CloudWatch."""


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with deployed(tmp_path_factory.mktemp("instance"), "it", INSTANCE) as world:
        yield world


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with deployed(tmp_path_factory.mktemp("proxy"), "it", PROXY) as world:
        yield world


def named(name: str) -> list[dict[str, Any]]:
    return [{"Name": "tag:Name", "Values": [name]}]


def attributes(world: World, kind: str) -> dict[str, str]:
    """The attributes of the only load balancer of a kind."""
    elb = world.client("elbv2")
    (balancer,) = [it for it in elb.describe_load_balancers()["LoadBalancers"] if it["Type"] == kind]
    answer = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])
    return {each["Key"]: each["Value"] for each in answer["Attributes"]}


def test_private_subnets_go_out_through_the_nat_instance(instance: World) -> None:
    ec2 = instance.client("ec2")
    (nat,) = ec2.describe_instances(Filters=named("network-nat"))["Reservations"][0]["Instances"]
    (interface,) = nat["NetworkInterfaces"]
    targets = {
        name: route.get("NetworkInterfaceId") or route.get("GatewayId")
        for name in ("network-private-1", "network-private-2")
        for table in ec2.describe_route_tables(Filters=named(name))["RouteTables"]
        for route in table["Routes"]
        if route.get("DestinationCidrBlock") == "0.0.0.0/0"
    }
    assert set(targets.values()) == {interface["NetworkInterfaceId"]}
    assert len(targets) == 2
    assert ec2.describe_nat_gateways()["NatGateways"] == []


def test_the_nat_instance_forwards_has_a_fixed_address_and_a_document(instance: World) -> None:
    ec2 = instance.client("ec2")
    (nat,) = ec2.describe_instances(Filters=named("network-nat"))["Reservations"][0]["Instances"]
    (address,) = ec2.describe_addresses(Filters=named("network-nat"))["Addresses"]
    data = ec2.describe_instance_attribute(InstanceId=nat["InstanceId"], Attribute="userData")["UserData"]
    assert nat["SourceDestCheck"] is False
    assert address["InstanceId"] == nat["InstanceId"]
    assert nat["InstanceType"] == "t4g.nano"
    assert base64.b64decode(data["Value"]).startswith(b"#cloud-config\n")


def test_the_default_security_group_is_empty(instance: World) -> None:
    ec2 = instance.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=named("network"))["Vpcs"]
    mine = [
        {"Name": "vpc-id", "Values": [vpc["VpcId"]]},
        {"Name": "group-name", "Values": ["default"]},
    ]
    (group,) = ec2.describe_security_groups(Filters=mine)["SecurityGroups"]
    assert (group["IpPermissions"], group["IpPermissionsEgress"]) == ([], [])


def test_flow_logs_and_the_balancers_logs_lie_in_one_bucket_that_lets_them_in(instance: World) -> None:
    (flow_log,) = instance.client("ec2").describe_flow_logs()["FlowLogs"]
    logs = attributes(instance, "application")
    bucket = logs["access_logs.s3.bucket"]
    policy = instance.client("s3").get_bucket_policy(Bucket=bucket)["Policy"]
    lifecycle = instance.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]

    assert flow_log["LogDestination"] == f"arn:aws:s3:::{bucket}"
    assert flow_log["TrafficType"] == "ALL"
    assert logs["access_logs.s3.enabled"] == logs["connection_logs.s3.enabled"] == "true"
    assert logs["connection_logs.s3.bucket"] == bucket
    assert logs["idle_timeout.timeout_seconds"] == "75"
    statements = {each["Sid"]: each for each in yaml.safe_load(policy)["Statement"]}
    assert statements["LoadBalancers"]["Principal"] == {"AWS": "arn:aws:iam::127311923021:root"}
    assert f"arn:aws:s3:::{bucket}/access/AWSLogs/{ACCOUNT}/*" in statements["LoadBalancers"]["Resource"]
    assert statements["FlowLogs"]["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert [rule["Expiration"]["Days"] for rule in lifecycle] == [14]


def test_the_proxy_is_the_only_way_to_the_internet(proxy: World) -> None:
    ec2 = proxy.client("ec2")
    tables = ec2.describe_route_tables(Filters=named("network-private-*"))["RouteTables"]
    routes = [route for table in tables for route in table["Routes"]]
    assert len(tables) == 2
    assert not [route for route in routes if route.get("DestinationCidrBlock") == "0.0.0.0/0"]
    assert ec2.describe_nat_gateways()["NatGateways"] == []


def test_two_proxies_stand_in_public_subnets_behind_an_internal_balancer(proxy: World) -> None:
    ec2, elb = proxy.client("ec2"), proxy.client("elbv2")
    public = {
        each["SubnetId"]
        for each in ec2.describe_subnets(Filters=[{"Name": "tag:Tier", "Values": ["public"]}])["Subnets"]
    }
    groups = proxy.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    (group,) = [it for it in groups if it["AutoScalingGroupName"].endswith("-network-proxy")]
    (balancer,) = [it for it in elb.describe_load_balancers()["LoadBalancers"] if it["Type"] == "network"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]

    assert set(group["VPCZoneIdentifier"].split(",")) == public
    assert group["MinSize"] == 2
    assert balancer["Scheme"] == "internal"
    assert (listener["Port"], listener["Protocol"]) == (3128, "TCP")
    assert [listener["DefaultActions"][0]["TargetGroupArn"]] == group["TargetGroupARNs"]
    assert attributes(proxy, "network")["load_balancing.cross_zone.enabled"] == "true"


def test_all_that_runs_the_shop_is_told_of_the_proxy(proxy: World) -> None:
    elb = proxy.client("elbv2")
    (balancer,) = [it for it in elb.describe_load_balancers()["LoadBalancers"] if it["Type"] == "network"]
    url = f"http://{balancer['DNSName']}:3128"
    parameter = proxy.client("ssm").get_parameter(Name="/blueprint/it/shop/HTTPS_PROXY")["Parameter"]
    functions = proxy.client("lambda").list_functions()["Functions"]

    assert parameter["Value"] == url
    # The rotation of secrets calls AWS alone, by endpoints.
    shop = [it for it in functions if not it["FunctionName"].endswith("secret-rotation")]
    variables = [function["Environment"]["Variables"] for function in shop]
    assert len(variables) >= 3
    assert {each["HTTPS_PROXY"] for each in variables} == {url}
    assert all("169.254.169.254" in each["NO_PROXY"].split(",") for each in variables)


def test_flow_logs_in_cloudwatch_are_forgotten_some_day(proxy: World) -> None:
    (flow_log,) = proxy.client("ec2").describe_flow_logs()["FlowLogs"]
    name = "/aws/vpc/blueprint-it-network-flow-logs"
    (group,) = proxy.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert group["retentionInDays"] == 14
    assert flow_log["LogDestination"] == group["arn"].removesuffix(":*")
    assert flow_log["DeliverLogsPermissionArn"].endswith(":role/blueprint-it-network-flow-logs")
