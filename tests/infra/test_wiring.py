"""Wiring: after the embedded engine deployed the `local` stack, AWS sees everything point at the right thing.

Here the network, the instances, the edge and the functions; the data, events and alarms are in
`test_wiring_data.py`.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from infra.settings import functions
from scripts.local import ACCOUNT, REGION
from tests.scripts.local.engine.world import World, deployed

ANYWHERE = "0.0.0.0/0"
SHOP_PATHS = {
    "/accounts*",
    "/products*",
    "/orders*",
    "/cart*",
    "/reviews*",
    "/admin*",
    "/couriers*",
    "/chat*",
    "/docs*",
    "/openapi.json",
    "/live",
    "/ready",
}
FUNCTIONS = {name.replace("_", "-") for name in functions.NAMES}
WITHOUT_DATABASE = {"dead-letter-handler", "sales-aggregator", "media-renditions", "media-captions"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The deployed stack; nothing here changes it."""
    with deployed(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


def tags_of(thing: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in thing["Tags"]}


@pytest.fixture(scope="module")
def vpc(world: World) -> list[dict[str, Any]]:
    """A filter for what is in the stack's VPC."""
    named = [{"Name": "tag:Name", "Values": ["network"]}]
    (found,) = world.client("ec2").describe_vpcs(Filters=named)["Vpcs"]
    return [{"Name": "vpc-id", "Values": [found["VpcId"]]}]


@pytest.fixture(scope="module")
def tiers(world: World, vpc: list[dict[str, Any]]) -> dict[str, set[str]]:
    """The ids of the subnets of each tier."""
    found: dict[str, set[str]] = {}
    for subnet in world.client("ec2").describe_subnets(Filters=vpc)["Subnets"]:
        found.setdefault(tags_of(subnet)["Tier"], set()).add(subnet["SubnetId"])
    return found


@pytest.fixture(scope="module")
def groups(world: World, vpc: list[dict[str, Any]]) -> dict[str, str]:
    """The names of the security groups by their ids."""
    found = world.client("ec2").describe_security_groups(Filters=vpc)["SecurityGroups"]
    return {group["GroupId"]: tags_of(group)["Name"] for group in found if group["GroupName"] != "default"}


@pytest.fixture(scope="module")
def template(world: World) -> dict[str, Any]:
    """The data of the launch template's version that the auto-scaling group uses."""
    (group,) = world.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    (version,) = world.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=group["LaunchTemplate"]["LaunchTemplateId"],
        Versions=[group["LaunchTemplate"]["Version"]],
    )["LaunchTemplateVersions"]
    data: dict[str, Any] = version["LaunchTemplateData"]
    return data


def test_every_output_of_the_program_has_a_value(world: World) -> None:
    assert all(world.deployment.outputs.values()), world.deployment.outputs


def test_each_tier_has_a_subnet_in_each_of_two_zones(world: World, vpc: list[dict[str, Any]]) -> None:
    subnets = world.client("ec2").describe_subnets(Filters=vpc)["Subnets"]

    assert {(tags_of(subnet)["Tier"], subnet["AvailabilityZone"]) for subnet in subnets} == {
        (tier, zone) for tier in ("public", "private", "isolated") for zone in ("us-east-1a", "us-east-1b")
    }


def test_public_subnets_reach_the_internet_private_ones_through_nat_and_isolated_ones_not_at_all(
    world: World, vpc: list[dict[str, Any]], tiers: dict[str, set[str]]
) -> None:
    ways_out: dict[str, set[str]] = {}
    for table in world.client("ec2").describe_route_tables(Filters=vpc)["RouteTables"]:
        for association in table["Associations"]:
            for route in table["Routes"]:
                if route.get("DestinationCidrBlock") == ANYWHERE and "SubnetId" in association:
                    target = route.get("NatGatewayId") or route.get("GatewayId")
                    ways_out.setdefault(association["SubnetId"], set()).add(target.partition("-")[0])

    assert ways_out == {
        **{subnet: {"igw"} for subnet in tiers["public"]},
        **{subnet: {"nat"} for subnet in tiers["private"]},
    }


def test_the_nat_gateway_stands_in_a_public_subnet(world: World, tiers: dict[str, set[str]]) -> None:
    (gateway,) = world.client("ec2").describe_nat_gateways()["NatGateways"]

    assert gateway["SubnetId"] in tiers["public"]
    assert gateway["NatGatewayAddresses"][0]["AllocationId"]


def test_private_subnets_reach_s3_and_dynamodb_without_nat(
    world: World, vpc: list[dict[str, Any]], tiers: dict[str, set[str]]
) -> None:
    ec2 = world.client("ec2")
    tables = {
        table["RouteTableId"]
        for table in ec2.describe_route_tables(Filters=vpc)["RouteTables"]
        if {each.get("SubnetId") for each in table["Associations"]} & tiers["private"]
    }

    endpoints = ec2.describe_vpc_endpoints(Filters=vpc)["VpcEndpoints"]

    assert {each["ServiceName"] for each in endpoints} == {
        f"com.amazonaws.{REGION}.s3",
        f"com.amazonaws.{REGION}.dynamodb",
    }
    assert tables
    assert all(set(each["RouteTableIds"]) >= tables for each in endpoints)


def test_the_security_groups_allow_these_connections_and_no_others(
    world: World, groups: dict[str, str]
) -> None:
    ec2 = world.client("ec2")
    name = "com.amazonaws.global.cloudfront.origin-facing"
    (cloudfront,) = ec2.describe_managed_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": [name]}]
    )["PrefixLists"]
    peers = {**groups, cloudfront["PrefixListId"]: "cloudfront", ANYWHERE: "anywhere"}

    actual = set()
    for rule in ec2.describe_security_group_rules()["SecurityGroupRules"]:
        if rule["GroupId"] in groups:
            peer = (
                rule.get("ReferencedGroupInfo", {}).get("GroupId")
                or rule.get("PrefixListId")
                or rule["CidrIpv4"]
            )
            assert rule["FromPort"] == rule["ToPort"]
            direction = "to" if rule["IsEgress"] else "from"
            actual.add((groups[rule["GroupId"]], direction, peers[peer], rule["FromPort"]))

    functions = {f"{name}-function" for name in FUNCTIONS}
    asking = functions - {f"{name}-function" for name in WITHOUT_DATABASE}
    allowed = {
        ("shop", "shop-fleet", 8080),
        *((client, "shop-database", 5432) for client in ("shop-fleet", *asking)),
        *((client, "shop-cache", 6379) for client in ("shop-fleet", "api-function")),
    }
    assert actual == {
        ("shop", "from", "cloudfront", 80),
        *((client, "to", "anywhere", 443) for client in ("shop-fleet", *functions)),
        *((client, "to", server, port) for client, server, port in allowed),
        *((server, "from", client, port) for client, server, port in allowed),
    }


def test_the_load_balancer_stands_in_public_subnets_and_forbids_what_does_not_come_from_the_cdn(
    world: World, tiers: dict[str, set[str]], groups: dict[str, str]
) -> None:
    elb = world.client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]

    assert {zone["SubnetId"] for zone in balancer["AvailabilityZones"]} == tiers["public"]
    assert [groups[group] for group in balancer["SecurityGroups"]] == ["shop"]
    assert world.output("load_balancer_url") == f"http://{balancer['DNSName']}"
    assert (listener["Port"], listener["Protocol"]) == (80, "HTTP")
    (default,) = listener["DefaultActions"]
    assert default["FixedResponseConfig"]["StatusCode"] == "403"


def test_the_cdn_and_no_bucket_is_told_what_the_load_balancer_asks_for(world: World) -> None:
    elb, cloudfront = world.client("elbv2"), world.client("cloudfront")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    distribution = cloudfront.get_distribution(Id=world.output("distribution_id"))["Distribution"]

    asked = [
        each["HttpHeaderConfig"]
        for rule in rules
        for each in rule["Conditions"]
        if each["Field"] == "http-header"
    ]
    told = {
        origin["Id"]: origin["CustomHeaders"].get("Items", [])
        for origin in distribution["DistributionConfig"]["Origins"]["Items"]
    }
    (header,) = told["service"]

    assert told["site"] == told["media"] == []
    assert len(asked) == len(rules) - 1
    assert all(
        each == {"HttpHeaderName": header["HeaderName"], "Values": [header["HeaderValue"]]} for each in asked
    )
    assert len(header["HeaderValue"]) == 40


def test_the_shops_paths_lead_to_the_target_group_of_its_instances(
    world: World, vpc: list[dict[str, Any]]
) -> None:
    elb = world.client("elbv2")
    (group,) = elb.describe_target_groups()["TargetGroups"]
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    routed = [rule for rule in rules if rule["Actions"][0]["Type"] == "forward"]

    patterns = [value for rule in routed for value in rule["Conditions"][0]["PathPatternConfig"]["Values"]]
    assert sorted(patterns) == sorted(SHOP_PATHS)
    assert {rule["Actions"][0]["TargetGroupArn"] for rule in routed} == {group["TargetGroupArn"]}
    assert (group["Port"], group["HealthCheckPath"], group["TargetType"]) == (8080, "/live", "instance")
    assert group["VpcId"] == vpc[0]["Values"][0]


def test_the_instances_run_in_private_subnets_behind_the_target_group(
    world: World, tiers: dict[str, set[str]]
) -> None:
    (group,) = world.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    (targets,) = world.client("elbv2").describe_target_groups()["TargetGroups"]
    health = world.client("elbv2").describe_target_health(TargetGroupArn=targets["TargetGroupArn"])

    assert set(group["VPCZoneIdentifier"].split(",")) == tiers["private"]
    assert group["TargetGroupARNs"] == [targets["TargetGroupArn"]]
    assert group["HealthCheckType"] == "ELB"
    assert (group["MinSize"], group["MaxSize"], len(group["Instances"])) == (2, 4, 2)
    assert {each["Target"]["Id"] for each in health["TargetHealthDescriptions"]} == {
        instance["InstanceId"] for instance in group["Instances"]
    }


def test_the_group_of_instances_follows_its_cpu(world: World) -> None:
    (policy,) = world.client("autoscaling").describe_policies(PolicyTypes=["TargetTrackingScaling"])[
        "ScalingPolicies"
    ]

    target = policy["TargetTrackingConfiguration"]
    assert policy["AutoScalingGroupName"] == "blueprint-local-shop"
    assert target["PredefinedMetricSpecification"]["PredefinedMetricType"] == "ASGAverageCPUUtilization"
    assert target["TargetValue"] == 60


def test_instances_are_the_newest_amazon_linux_with_an_encrypted_disk_and_guarded_metadata(
    world: World, template: dict[str, Any], groups: dict[str, str]
) -> None:
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    image = world.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]

    (disk,) = template["BlockDeviceMappings"]
    assert template["ImageId"] == image
    assert (disk["Ebs"]["Encrypted"], disk["Ebs"]["VolumeType"]) == (True, "gp3")
    assert template["MetadataOptions"]["HttpTokens"] == "required"
    assert [groups[group] for group in template["SecurityGroupIds"]] == ["shop-fleet"]


def test_user_data_names_an_artifact_that_is_there_with_that_checksum(
    world: World, template: dict[str, Any]
) -> None:
    document = base64.b64decode(template["UserData"]).decode()
    files = {file["path"]: file["content"] for file in yaml.safe_load(document)["write_files"]}
    instance = json.loads(files["/etc/blueprint/instance.json"])
    artifact = instance["artifact"]

    stored = world.client("s3").get_object(Bucket=artifact["bucket"], Key=artifact["key"])["Body"].read()

    assert document.startswith("#cloud-config\n")
    assert hashlib.sha256(stored).hexdigest() == artifact["sha256"]
    assert artifact["bucket"] == world.output("artifact_bucket")
    assert instance["parameters"] == "/blueprint/local/shop/"
    assert "ExecStart=" in files["/etc/systemd/system/shop.service"]


def test_instances_may_read_their_artifact_their_parameters_and_their_secret_and_no_more(
    world: World, template: dict[str, Any]
) -> None:
    iam = world.client("iam")
    profile = template["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    (role,) = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    name = role["RoleName"]
    allowed = {
        action: resource
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        for statement in iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }

    bucket = world.output("artifact_bucket")
    assert allowed["s3:GetObject"] == f"arn:aws:s3:::{bucket}/app/*"
    assert allowed["ssm:GetParametersByPath"].endswith(":parameter/blueprint/local/shop/*")
    assert allowed["secretsmanager:GetSecretValue"].startswith(f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:")
    assert allowed["sqs:SendMessage"].endswith(":blueprint-local-payment-capture.fifo")
    assert allowed["events:PutEvents"].endswith(":event-bus/blueprint-local-shop")


def test_each_function_runs_what_was_built_for_it_in_the_private_subnets(
    world: World, tiers: dict[str, set[str]], groups: dict[str, str]
) -> None:
    functions = world.client("lambda").list_functions()["Functions"]
    assert {each["FunctionName"].removeprefix("blueprint-local-") for each in functions} == FUNCTIONS

    for function in functions:
        name = function["FunctionName"].removeprefix("blueprint-local-")
        stored = world.client("s3").list_objects_v2(
            Bucket=world.output("artifact_bucket"), Prefix=f"{name.replace('-', '_')}/"
        )["Contents"]
        sha256 = base64.b64decode(function["CodeSha256"]).hex()
        assert [entry["Key"] for entry in stored] == [f"{name.replace('-', '_')}/{sha256}.zip"]
        assert set(function["VpcConfig"]["SubnetIds"]) == tiers["private"]
        assert [groups[group] for group in function["VpcConfig"]["SecurityGroupIds"]] == [f"{name}-function"]
        assert function["Handler"] == "handler.handler"
        assert function["Role"] == f"arn:aws:iam::{ACCOUNT}:role/{function['FunctionName']}"


def test_the_gateway_leads_every_request_to_the_api_function_and_may_call_it(world: World) -> None:
    gateway, functions = world.client("apigatewayv2"), world.client("lambda")
    (api,) = gateway.get_apis()["Items"]
    (integration,) = gateway.get_integrations(ApiId=api["ApiId"])["Items"]
    routes = {it["RouteKey"]: it for it in gateway.get_routes(ApiId=api["ApiId"])["Items"]}
    (stage,) = gateway.get_stages(ApiId=api["ApiId"])["Items"]
    function = functions.get_function(FunctionName="blueprint-local-api")["Configuration"]["FunctionArn"]
    (statement,) = json.loads(functions.get_policy(FunctionName=function, Qualifier="live")["Policy"])[
        "Statement"
    ]

    assert world.output("api_url") == api["ApiEndpoint"]
    assert {it["Target"] for it in routes.values()} == {f"integrations/{integration['IntegrationId']}"}
    open_to_all = {key for key, it in routes.items() if it["AuthorizationType"] == "NONE"}
    assert open_to_all == {"$default", "POST /orders/payment-events"}  # the provider signs its messages
    assert {it["AuthorizationType"] for it in routes.values()} == {"NONE", "JWT"}
    assert integration["IntegrationUri"].endswith(f"/functions/{function}:live/invocations")
    assert integration["PayloadFormatVersion"] == "2.0"
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    source = statement["Condition"]["ArnLike"]["AWS:SourceArn"]
    assert source == f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api['ApiId']}/*/*"


def test_the_cdn_has_site_media_and_the_load_balancer_as_its_origins(world: World) -> None:
    cloudfront = world.client("cloudfront")
    distribution = cloudfront.get_distribution(Id=world.output("distribution_id"))["Distribution"]
    origins = {each["Id"]: each for each in distribution["DistributionConfig"]["Origins"]["Items"]}

    assert world.output("site_url") == f"https://{distribution['DomainName']}"
    site, service = origins["site"], origins["service"]
    assert site["DomainName"] == f"{world.output('site_bucket')}.s3.{REGION}.amazonaws.com"
    media = origins["media"]
    assert media["DomainName"] == f"{world.output('media_bucket')}.s3.{REGION}.amazonaws.com"
    assert media["OriginAccessControlId"] == site["OriginAccessControlId"]
    cloudfront.get_origin_access_control(Id=site["OriginAccessControlId"])
    assert f"http://{service['DomainName']}" == world.output("load_balancer_url")
    assert service["CustomOriginConfig"]["OriginProtocolPolicy"] == "http-only"


def test_the_cdn_keeps_files_long_the_catalogue_briefly_and_the_rest_never(world: World) -> None:
    cloudfront = world.client("cloudfront")
    config = cloudfront.get_distribution(Id=world.output("distribution_id"))["Distribution"][
        "DistributionConfig"
    ]
    behaviours = {"": config["DefaultCacheBehavior"]}
    behaviours |= {each["PathPattern"]: each for each in config["CacheBehaviors"]["Items"]}

    def longest(behaviour: dict[str, Any]) -> int:
        policy = cloudfront.get_cache_policy(Id=behaviour["CachePolicyId"])["CachePolicy"]
        seconds: int = policy["CachePolicyConfig"]["MaxTTL"]
        return seconds

    assert config["DefaultRootObject"] == "index.html"
    assert {pattern for pattern, each in behaviours.items() if each["TargetOriginId"] == "site"} == {
        "",
        "/media/*",
        "/assets/*",
    }
    patterns = list(behaviours)
    assert behaviours["/media/published/*"]["TargetOriginId"] == "media"
    assert patterns.index("/media/published/*") < patterns.index("/media/*"), "the first that fits is taken"
    assert {
        pattern for pattern, each in behaviours.items() if each["TargetOriginId"] == "service"
    } == SHOP_PATHS
    assert {pattern: longest(each) for pattern, each in behaviours.items()} == {
        **dict.fromkeys(("", "/media/published/*", "/media/*", "/assets/*"), 31536000),
        **dict.fromkeys(SHOP_PATHS, 0),
        "/products*": 60,
    }
    assert "POST" in behaviours["/orders*"]["AllowedMethods"]["Items"]
