"""Wiring, continued: a shop of several services with every option of instances and functions switched on."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from infra.settings import functions
from scripts.local import ACCOUNT
from tests.scripts.local.engine.world import World, deployed

REGION = "eu-central-1"
SETTINGS = f"""
config:
  aws:region: {REGION}
  blueprint:preset: scale
  blueprint:stage: staging
  blueprint:compute: {{ami: ami-0123456789abcdef0}}
  blueprint:services:
    catalog:
      instance_types: [m7g.large, m6g.large]
      spot: {{percent: 60, on_demand_base: 2}}
      max_lifetime_days: 14
      volume: {{size: 20, iops: 4000, throughput: 250}}
      scaling:
        schedules:
          evening: {{cron: "0 17 * * *", time_zone: Europe/Berlin, min_size: 6}}
    orders:
      warm_pool: {{size: 2}}
      launch_timeout: 300
      protect_from_scale_in: true
    realtime:
      instance_types: [t4g.medium]
      cpu_credits: unlimited
      detailed_monitoring: false
      scaling: {{requests: null, predictive: "off"}}
  blueprint:functions:
    log_format: JSON
    order_notifications: {{reserved_concurrency: 20, max_concurrency: 10}}
    position_writer: {{ephemeral_storage: 1024}}
    api: {{provisioned_concurrency: 3}}
"""
SERVICES = {"catalog", "orders", "realtime"}
FUNCTIONS = [name.replace("_", "-") for name in functions.NAMES]
PREFIX = "blueprint-it-"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The deployed stack; nothing here changes it."""
    with deployed(tmp_path_factory.mktemp("stack"), "it", SETTINGS) as stack:
        yield stack


@pytest.fixture(scope="module")
def groups(world: World) -> dict[str, dict[str, Any]]:
    """The auto-scaling groups by their service."""
    found = world.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return {group["AutoScalingGroupName"].removeprefix(PREFIX): group for group in found}


@pytest.fixture(scope="module")
def templates(world: World, groups: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the instances of each service are made of."""
    found = {}
    for service, group in groups.items():
        template = group["Instances"][0]["LaunchTemplate"]
        answer = world.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=template["LaunchTemplateId"], Versions=[template["Version"]]
        )
        found[service] = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    return found


def function(world: World, name: str) -> dict[str, Any]:
    found: dict[str, Any] = world.client("lambda").get_function(FunctionName=f"{PREFIX}{name}")
    return found


def test_each_service_has_a_group_behind_its_own_paths(
    world: World, groups: dict[str, dict[str, Any]]
) -> None:
    elb = world.client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    paths: dict[str, set[str]] = {}
    for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
        action = rule["Actions"][-1]
        if action["Type"] == "forward":
            target = action["TargetGroupArn"]
            for condition in rule["Conditions"]:
                if condition["Field"] == "path-pattern":
                    paths.setdefault(target, set()).update(condition["PathPatternConfig"]["Values"])

    assert groups.keys() == SERVICES
    assert {service: paths[group["TargetGroupARNs"][0]] for service, group in groups.items()} == {
        "catalog": {
            "/accounts*",
            "/products*",
            "/reviews*",
            "/admin*",
            "/docs*",
            "/openapi.json",
            "/live",
            "/ready",
        },
        "orders": {"/orders*", "/cart*"},
        "realtime": {"/couriers*", "/chat*"},
    }


def test_each_service_is_told_its_own_name_group_log_and_parameters(
    world: World, groups: dict[str, dict[str, Any]], templates: dict[str, dict[str, Any]]
) -> None:
    for service, template in templates.items():
        document = yaml.safe_load(base64.b64decode(template["UserData"]))
        files = {file["path"]: file["content"] for file in document["write_files"]}
        instance = json.loads(files["/etc/blueprint/instance.json"])
        name = world.client("ssm").get_parameter(Name=f"{instance['parameters']}SERVICE")
        assert f"/etc/systemd/system/{service}.service" in files
        assert (instance["service"], name["Parameter"]["Value"]) == (service, service)
        assert instance["group"] == groups[service]["AutoScalingGroupName"]
        assert instance["log"] == f"/blueprint/it/{service}"
        assert instance["launch_hook"] == (service == "orders")


def test_each_service_logs_to_a_group_that_forgets(world: World) -> None:
    found = world.client("logs").describe_log_groups(logGroupNamePrefix="/blueprint/it/")["logGroups"]
    assert {group["logGroupName"]: group["retentionInDays"] for group in found} == {
        f"/blueprint/it/{service}": 14 for service in SERVICES
    }


def test_only_who_answers_couriers_appends_positions(world: World) -> None:
    iam = world.client("iam")
    appending = {
        service
        for service in SERVICES
        for policy in iam.list_role_policies(RoleName=f"{PREFIX}{service}")["PolicyNames"]
        for statement in iam.get_role_policy(RoleName=f"{PREFIX}{service}", PolicyName=policy)[
            "PolicyDocument"
        ]["Statement"]
        if "kinesis:PutRecord" in statement["Action"]
        and any(arn.endswith("stream/blueprint-it-positions") for arn in statement["Resource"])
    }
    assert appending == {"realtime"}


def test_spare_capacity_is_chosen_among_types_and_replaced_when_aws_warns(
    groups: dict[str, dict[str, Any]],
) -> None:
    policy = groups["catalog"]["MixedInstancesPolicy"]
    distribution = policy["InstancesDistribution"]
    types = [it["InstanceType"] for it in policy["LaunchTemplate"]["Overrides"]]
    assert types == ["m7g.large", "m6g.large"]
    assert distribution["OnDemandBaseCapacity"] == 2
    assert distribution["OnDemandPercentageAboveBaseCapacity"] == 40
    assert distribution["SpotAllocationStrategy"] == "capacity-optimized-prioritized"
    assert groups["catalog"]["CapacityRebalance"]
    assert not groups["orders"]["CapacityRebalance"]
    assert "MixedInstancesPolicy" not in groups["orders"]


def test_a_group_replaces_before_it_ends_and_measures_itself(groups: dict[str, dict[str, Any]]) -> None:
    for group in groups.values():
        assert group["InstanceMaintenancePolicy"] == {
            "MinHealthyPercentage": 100,
            "MaxHealthyPercentage": 200,
        }
        assert group["DefaultInstanceWarmup"] == 60
        assert group["TerminationPolicies"] == ["AllocationStrategy", "OldestLaunchTemplate"]
        assert "GroupInServiceInstances" in {it["Metric"] for it in group["EnabledMetrics"]}
    assert groups["catalog"]["MaxInstanceLifetime"] == 14 * 86_400
    assert groups["orders"]["NewInstancesProtectedFromScaleIn"]


def test_disks_and_cpus_are_as_they_were_asked_for(templates: dict[str, dict[str, Any]]) -> None:
    disk = templates["catalog"]["BlockDeviceMappings"][0]["Ebs"]
    assert (disk["VolumeSize"], disk["Iops"], disk["Throughput"], disk["Encrypted"]) == (20, 4_000, 250, True)
    assert templates["realtime"]["CreditSpecification"] == {"CpuCredits": "unlimited"}
    assert templates["realtime"]["Monitoring"] == {"Enabled": False}
    assert templates["orders"]["Monitoring"] == {"Enabled": True}
    assert {it["ImageId"] for it in templates.values()} == {"ami-0123456789abcdef0"}


def test_every_group_waits_for_what_it_ends_and_one_for_what_it_launches(world: World) -> None:
    hooks = {}
    for service in SERVICES:
        answer = world.client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName=PREFIX + service)
        hooks[service] = {
            hook["LifecycleHookName"]: (hook["HeartbeatTimeout"], hook["DefaultResult"])
            for hook in answer["LifecycleHooks"]
        }
    drain = {"drain": (120, "CONTINUE")}
    assert hooks == {
        "catalog": drain,
        "orders": drain | {"launch": (300, "ABANDON")},
        "realtime": drain,
    }


def test_instances_of_one_service_wait_stopped_and_never_come_back_used(world: World) -> None:
    pool = world.client("autoscaling").describe_warm_pool(AutoScalingGroupName=f"{PREFIX}orders")
    configuration = pool["WarmPoolConfiguration"]
    assert (configuration["MinSize"], configuration["PoolState"]) == (2, "Stopped")
    assert configuration["InstanceReusePolicy"] == {"ReuseOnScaleIn": False}


def test_each_service_scales_by_itself(world: World) -> None:
    elb = world.client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    suffix = balancer["LoadBalancerArn"].partition(":loadbalancer/")[2]
    policies = world.client("autoscaling").describe_policies()["ScalingPolicies"]
    by_group: dict[str, set[str]] = {}
    for policy in policies:
        service = policy["AutoScalingGroupName"].removeprefix(PREFIX)
        by_group.setdefault(service, set()).add(policy["PolicyName"].removeprefix(f"{service}-"))
        if policy["PolicyName"].endswith("-requests"):
            tracking = policy["TargetTrackingConfiguration"]["PredefinedMetricSpecification"]
            assert tracking["PredefinedMetricType"] == "ALBRequestCountPerTarget"
            assert tracking["ResourceLabel"].startswith(f"{suffix}/targetgroup/{service}-")
        if policy["PolicyName"].endswith("-forecast"):
            predicted = policy["PredictiveScalingConfiguration"]
            assert predicted["Mode"] == "ForecastAndScale"
            (specification,) = predicted["MetricSpecifications"]
            pair = specification["PredefinedMetricPairSpecification"]
            assert pair["PredefinedMetricType"] == "ASGCPUUtilization"

    assert by_group == {
        "catalog": {"cpu", "cpu-burst", "requests", "requests-burst", "forecast"},
        "orders": {"cpu", "cpu-burst", "requests", "requests-burst", "forecast"},
        "realtime": {"cpu"},  # no bursts: its CPU is measured every five minutes
    }


def test_one_minute_of_far_more_requests_adds_instances_in_proportion(world: World) -> None:
    name = {"AutoScalingGroupName": f"{PREFIX}orders", "PolicyNames": ["orders-requests-burst"]}
    (policy,) = world.client("autoscaling").describe_policies(**name)["ScalingPolicies"]
    alarms = world.client("cloudwatch").describe_alarms(ActionPrefix=policy["PolicyARN"])["MetricAlarms"]
    (alarm,) = alarms
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (60, 1, 1)
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (9_000, "GreaterThanOrEqualToThreshold")
    assert (alarm["MetricName"], alarm["Statistic"]) == ("RequestCountPerTarget", "Sum")
    assert alarm["TreatMissingData"] == "notBreaching"
    (balancer,) = world.client("elbv2").describe_load_balancers()["LoadBalancers"]
    dimensions = {it["Name"]: it["Value"] for it in alarm["Dimensions"]}
    assert balancer["LoadBalancerArn"].endswith(f":loadbalancer/{dimensions['LoadBalancer']}")
    assert dimensions["TargetGroup"].startswith("targetgroup/orders-")

    assert (policy["AdjustmentType"], policy["MinAdjustmentMagnitude"]) == ("PercentChangeInCapacity", 2)
    assert policy["EstimatedInstanceWarmup"] == 60
    steps = [
        (it["MetricIntervalLowerBound"], it.get("MetricIntervalUpperBound"), it["ScalingAdjustment"])
        for it in policy["StepAdjustments"]
    ]
    # Of 6,000: from one and a half, two, three, four times.
    assert steps == [(0, 3_000, 50), (3_000, 9_000, 100), (9_000, 15_000, 200), (15_000, None, 300)]


def test_a_schedule_changes_what_it_names_and_leaves_the_rest(world: World) -> None:
    (action,) = world.client("autoscaling").describe_scheduled_actions()["ScheduledUpdateGroupActions"]
    assert (action["Recurrence"], action["TimeZone"]) == ("0 17 * * *", "Europe/Berlin")
    assert action["MinSize"] == 6
    assert not action.keys() & {"MaxSize", "DesiredCapacity"}


def test_functions_are_traced_log_as_json_and_are_as_big_as_they_were_asked_for(world: World) -> None:
    for name in FUNCTIONS:
        configuration = function(world, name)["Configuration"]
        assert configuration["TracingConfig"] == {"Mode": "Active"}
        assert configuration["LoggingConfig"] == {
            "LogFormat": "JSON",
            "LogGroup": f"/aws/lambda/{PREFIX}{name}",
            "ApplicationLogLevel": "INFO",
            "SystemLogLevel": "INFO",
        }
    assert function(world, "position-writer")["Configuration"]["EphemeralStorage"] == {"Size": 1024}


def test_concurrency_is_reserved_bounded_and_kept_warm(world: World) -> None:
    awslambda = world.client("lambda")
    reserved = function(world, "order-notifications")["Concurrency"]["ReservedConcurrentExecutions"]
    mappings = awslambda.list_event_source_mappings()["EventSourceMappings"]
    (mapping,) = [it for it in mappings if it["EventSourceArn"].endswith("-order-notifications")]
    warm = awslambda.get_provisioned_concurrency_config(FunctionName=f"{PREFIX}api", Qualifier="live")
    assert (reserved, mapping["ScalingConfig"]) == (20, {"MaximumConcurrency": 10})
    assert warm["RequestedProvisionedConcurrentExecutions"] == 3


def test_events_that_nobody_waits_for_end_in_a_queue_that_the_function_may_send_to(world: World) -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{PREFIX}function-failures"
    for name in FUNCTIONS:
        config = world.client("lambda").get_function_event_invoke_config(
            FunctionName=f"{PREFIX}{name}", Qualifier="live"
        )
        assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (2, 3_600)
        assert config["DestinationConfig"]["OnFailure"]["Destination"] == arn
        policy = world.client("iam").get_role_policy(
            RoleName=f"{PREFIX}{name}", PolicyName="send-function-failures"
        )
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert (statement["Action"], statement["Resource"]) == (["sqs:SendMessage"], [arn])


def test_mappings_and_the_gateway_call_the_live_version(world: World) -> None:
    mappings = world.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    (api,) = world.client("apigatewayv2").get_apis()["Items"]
    integrations = world.client("apigatewayv2").get_integrations(ApiId=api["ApiId"])["Items"]
    called = [it["FunctionArn"] for it in mappings]
    called += [it["IntegrationUri"].removesuffix("/invocations") for it in integrations]
    assert len(called) == 8
    assert all(arn.endswith(":live") for arn in called), called
