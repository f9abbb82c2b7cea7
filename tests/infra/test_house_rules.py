"""Rules that hold for every stack: nothing unwatched, nothing kept for ever, nothing open."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from infra.settings import functions
from scripts.evaluation.recorder import Recording, Registered
from tests.infra.stacks import fleets


def test_every_queue_has_a_dead_letter_queue_or_is_one(any_stack: Recording) -> None:
    queues = any_stack.of("sqs/queue:Queue")
    arns = {f"arn:aws:sqs:us-east-1:123456789012:{it.inputs['name']}": it.name for it in queues}
    redrives = [it.json("redrivePolicy") for it in queues if "redrivePolicy" in it.inputs]
    without = {it.name for it in queues if "redrivePolicy" not in it.inputs}
    destinations = [
        *(it["deadLetterTargetArn"] for it in redrives),
        *(it.inputs["deadLetterConfig"]["arn"] for it in any_stack.of("eventTarget:EventTarget")),
        *(
            it.inputs["destinationConfig"]["onFailure"]["destinationArn"]
            for it in any_stack.of("EventSourceMapping")
            if "destinationConfig" in it.inputs
        ),
        *(
            it.inputs["destinationConfig"]["onFailure"]["destination"]
            for it in any_stack.of("FunctionEventInvokeConfig")
        ),
    ]
    assert redrives
    assert without == {arns[it] for it in destinations}


def test_dead_letters_are_taken_from_their_own_queue_only(local: Recording) -> None:
    arns = [
        f"arn:aws:sqs:us-east-1:123456789012:{it.inputs['name']}"
        for it in local.of("sqs/queue:Queue")
        if "redrivePolicy" in it.inputs
    ]
    allowed = [it.json("redriveAllowPolicy") for it in local.of("sqs/redriveAllowPolicy:RedriveAllowPolicy")]
    assert {it["redrivePermission"] for it in allowed} == {"byQueue"}
    assert sorted(it["sourceQueueArns"] for it in allowed) == sorted([arn] for arn in arns)


def test_json_that_the_provider_rewrites_is_written_its_way(local: Recording) -> None:
    """The provider compares the text: spaces or another order would be a change at every plan."""
    texts = [
        local.one("sqs/queue:Queue", "order-notifications").inputs["redrivePolicy"],
        *(it.inputs["redriveAllowPolicy"] for it in local.of("sqs/redriveAllowPolicy:RedriveAllowPolicy")),
    ]
    for text in texts:
        assert text == json.dumps(json.loads(text), separators=(",", ":"), sort_keys=True)


def test_dead_letters_live_longer_than_what_they_come_from(any_stack: Recording) -> None:
    retention = {it.name: it.inputs["messageRetentionSeconds"] for it in any_stack.of("sqs/queue:Queue")}
    dead = "-dead-letters"
    pairs = {name: name.removesuffix(dead) for name in retention if name.endswith(dead)}
    assert pairs
    assert all(retention[name] > retention[queue] for name, queue in pairs.items())


def test_a_queue_hides_a_message_six_times_as_long_as_its_function_runs(any_stack: Recording) -> None:
    by_name = {it.name: it.inputs for it in any_stack.of("lambda/function:Function")}
    queues = {it.name: it.inputs for it in any_stack.of("sqs/queue:Queue") if it.name in by_name}
    assert queues
    for name, queue in queues.items():
        assert queue["visibilityTimeoutSeconds"] >= 6 * by_name[name]["timeout"]


def test_every_stream_consumer_sets_aside_what_fails(any_stack: Recording) -> None:
    every = [it.inputs for it in any_stack.of("EventSourceMapping") if "startingPosition" in it.inputs]
    assert all("destinationConfig" in it for it in every)
    mappings = [it for it in every if "topics" not in it]  # Kafka knows neither bisection nor age
    failures = [it["destinationConfig"]["onFailure"]["destinationArn"] for it in mappings]
    assert len(set(failures)) == len(mappings) > 1, "each has a queue of its own"
    assert all(it.startswith("arn:aws:sqs:us-east-1:123456789012:") for it in failures)
    for mapping in mappings:
        assert mapping["bisectBatchOnFunctionError"] is True
        assert mapping["maximumRetryAttempts"] > 0
        assert mapping["maximumRecordAgeInSeconds"] > 0


def test_every_mapping_honours_partial_failures(any_stack: Recording) -> None:
    mappings = [it for it in any_stack.of("EventSourceMapping") if "topics" not in it.inputs]
    assert mappings
    assert all(it.inputs["functionResponseTypes"] == ["ReportBatchItemFailures"] for it in mappings)


def test_everybody_calls_a_function_by_its_alias(any_stack: Recording) -> None:
    aliases = {it.inputs["functionName"]: it for it in any_stack.of("lambda/alias:Alias")}
    names = {it.inputs["name"] for it in any_stack.of("lambda/function:Function")}
    assert aliases.keys() == names
    assert {it.inputs["name"] for it in aliases.values()} == {"live"}
    called = [it.inputs["functionName"] for it in any_stack.of("EventSourceMapping")]
    assert all(arn.endswith(":live") for arn in called), called
    assert all(it.inputs["publish"] for it in any_stack.of("lambda/function:Function"))
    gateway = [
        it.inputs
        for it in any_stack.of("lambda/permission:Permission")
        if it.inputs["principal"] == "apigateway.amazonaws.com"
    ]
    assert [it["qualifier"] for it in gateway] == ["live"]


def test_an_event_that_nobody_waits_for_is_tried_within_bounds_and_then_kept(any_stack: Recording) -> None:
    configs = {it.inputs["functionName"]: it.inputs for it in any_stack.of("FunctionEventInvokeConfig")}
    own = [name.replace("_", "-") for name in functions.NAMES]
    assert configs.keys() >= {any_stack.one("lambda/function:Function", name).inputs["name"] for name in own}
    for config in configs.values():
        assert config["destinationConfig"]["onFailure"]["destination"].endswith("-function-failures")
        assert 0 <= config["maximumRetryAttempts"] <= 2
        assert config["maximumEventAgeInSeconds"] >= 60


def test_concurrency_is_reserved_only_where_a_stack_says_so(prod: Recording) -> None:
    """New accounts have so little that AWS refuses."""
    functions = prod.of("lambda/function:Function")
    assert functions
    assert not [it.name for it in functions if "reservedConcurrentExecutions" in it.inputs]


def test_a_mapping_waits_until_its_function_may_read(any_stack: Recording) -> None:
    for mapping in any_stack.of("EventSourceMapping"):
        kinds = [urn for urn in mapping.dependencies if "iam/rolePolicy:RolePolicy" in urn]
        assert kinds, mapping.name


def test_every_alarm_has_an_action(any_stack: Recording) -> None:
    alarms = any_stack.of("cloudwatch/metricAlarm:MetricAlarm")
    topics = {any_stack.region(it): it.inputs["name"] for it in any_stack.of("sns/topic:Topic")}
    policies = any_stack.of("autoscaling/policy:Policy")
    steps = {it.name for it in policies if it.inputs["policyType"] == "StepScaling"}
    assert steps <= {alarm.name for alarm in alarms}
    for alarm in alarms:
        if alarm.name in steps:
            (action,) = alarm.inputs["alarmActions"]
            assert action.endswith(alarm.name), "each step scaling policy has an alarm of its own"
            continue
        region = any_stack.region(alarm)
        topic = [f"arn:aws:sns:{region}:123456789012:{topics[region]}"]
        assert alarm.inputs["alarmActions"] == alarm.inputs["okActions"] == topic


def _nodes(group: Mapping[str, Any]) -> set[str]:
    """The ids that ElastiCache gives the nodes of a replication group, in cluster mode or without."""
    name = group["replicationGroupId"]
    if "numCacheClusters" in group:
        return {f"{name}-{node:03}" for node in range(1, int(group["numCacheClusters"]) + 1)}
    shards, nodes = int(group["numNodeGroups"]), int(group["replicasPerNodeGroup"]) + 1
    return {f"{name}-{s:04}-{n:03}" for s in range(1, shards + 1) for n in range(1, nodes + 1)}


WATCHED: Mapping[str, Callable[[Registered], set[str]]] = {
    "apigatewayv2/api:Api": lambda it: {f"{it.name}-id"},
    "autoscaling/group:Group": lambda it: {it.inputs["name"]},
    "cloudfront/distribution:Distribution": lambda it: {f"{it.name}-id"},
    "elasticache/replicationGroup:ReplicationGroup": lambda it: _nodes(it.inputs),
    "cloudwatch/eventRule:EventRule": lambda it: {it.inputs["name"]},
    "dynamodb/table:Table": lambda it: {it.inputs["name"]},
    "kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": lambda it: {it.inputs["name"]},
    "kinesis/stream:Stream": lambda it: {it.inputs["name"]},
    "lambda/function:Function": lambda it: {it.inputs["name"]},
    "lb/loadBalancer:LoadBalancer": lambda it: {f"app/{it.inputs['name']}/50dc6c495c0c9188"},
    "lb/targetGroup:TargetGroup": lambda it: {f"app/{it.name}-1a2b3c4/50dc6c495c0c9188"},
    "rds/instance:Instance": lambda it: {it.inputs["identifier"]},
    "route53/healthCheck:HealthCheck": lambda it: {f"{it.name}-id"},
    "sqs/queue:Queue": lambda it: {it.inputs["name"]},
    "wafv2/webAcl:WebAcl": lambda it: {it.inputs["name"]},
}
"""Types of which every single one is watched: by which dimensions of alarms one knows it."""


def dimensions_of(alarm: Registered) -> list[Mapping[str, str]]:
    """The dimensions of each metric that an alarm watches."""
    queries = alarm.inputs.get("metricQueries", [])
    summed = [it["metric"]["dimensions"] for it in queries if "metric" in it]
    return summed or [alarm.inputs["dimensions"]]


@pytest.mark.parametrize("kind", WATCHED)
def test_everything_that_can_fail_has_an_alarm(any_stack: Recording, kind: str) -> None:
    watched = {
        value
        for alarm in any_stack.of("cloudwatch/metricAlarm:MetricAlarm")
        for dimensions in dimensions_of(alarm)
        for value in dimensions.values()
    }
    for it in any_stack.of(kind):
        assert WATCHED[kind](it) <= watched, it.name


def test_the_fleet_and_the_database_are_both_watched_for_cpu(local: Recording) -> None:
    cpu = [it for it in local.of("MetricAlarm") if it.inputs.get("metricName") == "CPUUtilization"]
    assert {it.inputs["namespace"] for it in cpu} == {"AWS/EC2", "AWS/RDS"}


def test_every_log_is_forgotten_some_day(any_stack: Recording) -> None:
    groups = any_stack.of("cloudwatch/logGroup:LogGroup")
    instances = {
        f"{it.inputs['identifier']}/{log}"
        for it in any_stack.of("rds/instance:Instance")
        for log in it.inputs["enabledCloudwatchLogsExports"]
    }
    proxies = {it.inputs["name"] for it in any_stack.of("rds/proxy:Proxy")}
    functions = {it.inputs["name"] for it in any_stack.of("lambda/function:Function")}
    deliveries = {it.inputs["name"] for it in any_stack.of("FirehoseDeliveryStream")}
    delivered = {
        each["destination"]
        for it in any_stack.of("elasticache/replicationGroup:ReplicationGroup")
        for each in it.inputs.get("logDeliveryConfigurations", [])
    }
    services = {it.inputs["name"].removesuffix(f"-{any_stack.region(it)}") for it in fleets(any_stack)}
    written = [it.inputs["logDestination"].rpartition(":")[2] for it in any_stack.of("ec2/flowLog:FlowLog")]
    assert all(it.inputs["retentionInDays"] for it in groups)
    assert {it.inputs["name"] for it in groups} == {
        *(f"/aws/rds/instance/{name}" for name in instances),
        *(f"/aws/rds/proxy/{name}" for name in proxies),
        *(f"/aws/lambda/{name}" for name in functions),
        *(f"/aws/kinesisfirehose/{name}" for name in deliveries),
        *(f"/aws/vendedlogs/apigateway/{it.inputs['name']}" for it in any_stack.of("apigatewayv2/api:Api")),
        *(f"aws-waf-logs-{it.inputs['name']}" for it in any_stack.of("wafv2/webAcl:WebAcl")),
        *(f"/{name.replace('-', '/', 2)}" for name in services),
        *(name for name in written if name.startswith("/")),
        *delivered,
    }


def test_every_bucket_is_private_encrypted_and_versioned(any_stack: Recording) -> None:
    names = {it.inputs["bucket"] for it in any_stack.of("s3/bucket:Bucket")}
    assert len(names) >= 2
    for kind in (
        "BucketPublicAccessBlock",
        "BucketOwnershipControls",
        "BucketServerSideEncryptionConfiguration",
        "BucketVersioning",
        "BucketLifecycleConfiguration",
        "BucketPolicy",
    ):
        assert sorted(it.inputs["bucket"] for it in any_stack.of(f":{kind}")) == sorted(names), kind
    for block in any_stack.of("BucketPublicAccessBlock"):
        assert [value for key, value in block.inputs.items() if key != "bucket"] == [True] * 4


def test_everything_at_rest_is_encrypted(any_stack: Recording) -> None:
    assert all(it.inputs["storageEncrypted"] for it in any_stack.of("rds/instance:Instance"))
    assert all(it.inputs["atRestEncryptionEnabled"] for it in any_stack.of("ReplicationGroup"))
    for queue in any_stack.of("sqs/queue:Queue"):
        assert queue.inputs.get("sqsManagedSseEnabled") or queue.inputs.get("kmsMasterKeyId"), queue.name
    assert all(it.inputs["encryptionType"] == "KMS" for it in any_stack.of("kinesis/stream:Stream"))
    templates = any_stack.of("LaunchTemplate")
    assert templates
    assert all(it.inputs["blockDeviceMappings"][0]["ebs"]["encrypted"] == "true" for it in templates)


def test_credentials_of_an_instance_need_a_token_and_go_no_hop_further(any_stack: Recording) -> None:
    found = [it.inputs["metadataOptions"] for it in any_stack.of("LaunchTemplate")]
    assert {(it["httpTokens"], it["httpPutResponseHopLimit"]) for it in found} == {("required", 1)}


def test_every_fleet_drains_what_it_ends_and_replaces_before_it_ends(any_stack: Recording) -> None:
    groups = {it.inputs["name"]: it.inputs for it in fleets(any_stack)}
    assert groups
    drained = {
        it.inputs["autoscalingGroupName"]
        for it in any_stack.of("LifecycleHook")
        if it.inputs["lifecycleTransition"] == "autoscaling:EC2_INSTANCE_TERMINATING"
        and it.inputs["defaultResult"] == "CONTINUE"
    }
    assert drained == groups.keys()
    for group in groups.values():
        preferences = group["instanceRefresh"]["preferences"]
        assert preferences["autoRollback"]
        assert preferences["minHealthyPercentage"] == 100
        assert group["instanceMaintenancePolicy"]["minHealthyPercentage"] == 100


def test_a_refresh_is_ended_by_an_alarm_that_exists(any_stack: Recording) -> None:
    alarms = {it.inputs["name"] for it in any_stack.of("cloudwatch/metricAlarm:MetricAlarm")}
    for group in fleets(any_stack):
        (alarm,) = group.inputs["instanceRefresh"]["preferences"]["alarmSpecification"]["alarms"]
        assert alarm in alarms
        assert alarm == f"{group.inputs['name']}-errors"


def test_an_instance_can_be_reached_by_no_key(any_stack: Recording) -> None:
    assert not [it.name for it in any_stack.of("LaunchTemplate") if "keyName" in it.inputs]


def test_no_database_is_public(any_stack: Recording) -> None:
    assert not any(it.inputs["publiclyAccessible"] for it in any_stack.of("rds/instance:Instance"))
