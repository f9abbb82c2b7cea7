"""Whole stacks: that they evaluate, how they are wired, and what becomes of them at the end."""

import base64
import hashlib
import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra import lineage, routes
from infra.errors import SettingsError
from scripts.evaluation.recorder import Recording, Unknowns, record
from tests.infra.stacks import (
    EVERYTHING,
    ROOT,
    as_pulumi_hands_over,
    build,
    evaluate,
    own_settings,
    stack_file,
)

OUTPUTS = {
    "site_url",
    "api_url",
    "event_bus",
    "load_balancer_url",
    "orders_queue_url",
    "positions_stream",
    "database_writer",
    "database_readers",
    "cache_endpoint",
    "site_bucket",
    "media_bucket",
    "distribution_id",
    "artifact_bucket",
    "identity_issuer",
    "identity_client_id",
}

OPTIONAL_OUTPUTS = {
    "lake_database",
    "lake_workgroup",
    "spark_application",
    "spark_role",
    "kafka_brokers",
    "deploy_role",
    "preview_role",
}
"""What only a stack with the thing has."""

LIMITS = {
    "lb/loadBalancer:LoadBalancer": ("name", 32),
    "iam/role:Role": ("name", 64),
    "iam/instanceProfile:InstanceProfile": ("name", 128),
    "rds/instance:Instance": ("identifier", 63),
    "elasticache/replicationGroup:ReplicationGroup": ("replicationGroupId", 40),
    "elasticache/user:User": ("userId", 40),
    "elasticache/userGroup:UserGroup": ("userGroupId", 40),
    "s3/bucket:Bucket": ("bucket", 63),
    "sqs/queue:Queue": ("name", 80),
    "kinesis/stream:Stream": ("name", 128),
    "kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": ("name", 64),
    "cloudwatch/eventBus:EventBus": ("name", 256),
    "cloudwatch/eventRule:EventRule": ("name", 64),
    "cloudwatch/eventArchive:EventArchive": ("name", 48),
    "glue/catalogDatabase:CatalogDatabase": ("name", 255),
    "athena/workgroup:Workgroup": ("name", 128),
    "emrserverless/application:Application": ("name", 64),
    "msk/serverlessCluster:ServerlessCluster": ("clusterName", 64),
    "lambda/function:Function": ("name", 64),
    "cloudfront/originAccessControl:OriginAccessControl": ("name", 64),
    "cloudfront/cachePolicy:CachePolicy": ("name", 128),
    "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": ("name", 128),
    "apigatewayv2/api:Api": ("name", 128),
    "cloudwatch/logDeliverySource:LogDeliverySource": ("name", 60),
    "cloudwatch/logDeliveryDestination:LogDeliveryDestination": ("name", 60),
    "cognito/userPool:UserPool": ("name", 128),
    "wafv2/webAcl:WebAcl": ("name", 128),
    "dynamodb/table:Table": ("name", 255),
    "sns/topic:Topic": ("name", 256),
    "cloudwatch/metricAlarm:MetricAlarm": ("name", 255),
    "autoscaling/group:Group": ("name", 255),
}
"""How long each service lets a name be, from its API reference."""

NAMED_BY_PULUMI = {"lb/targetGroup:TargetGroup": 32, "ec2/launchTemplate:LaunchTemplate": 128}


def test_every_stack_has_the_agreed_outputs(any_stack: Recording) -> None:
    zones = {"name_servers"} if any_stack.of("route53/zone:Zone") else set()
    assert any_stack.outputs.keys() - OPTIONAL_OUTPUTS == OUTPUTS | zones
    assert all(value is not None for value in any_stack.outputs.values())


def test_outputs_are_addresses_that_one_can_use(local: Recording) -> None:
    assert local.outputs["site_url"] == "https://edge-1a2b3c4.cloudfront.net"
    assert local.outputs["load_balancer_url"] == "http://blueprint-local-shop.elb.example.com"
    assert local.outputs["database_readers"] == ["blueprint-local-shop-replica-1.rds.example.com:5432"]


def test_who_looks_at_dead_letters_can_take_none_away(local: Recording) -> None:
    granted = [
        statement
        for it in local.of("iam/rolePolicy:RolePolicy")
        if it.inputs["role"].endswith("-dead-letter-handler")
        for statement in it.json("policy")["Statement"]
    ]
    actions = {action for statement in granted for action in statement["Action"]}
    assert {it for it in actions if it.startswith("sqs:")} == {
        "sqs:ReceiveMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
        "sqs:SendMessage",  # of its own failures
    }
    assert {it for it in actions if it.startswith("dynamodb:")} == {"dynamodb:PutItem"}


def test_the_secret_has_the_shape_that_rds_and_its_rotation_use(local: Recording) -> None:
    version = local.one("SecretVersion", "shop-database")
    assert version.json("secretString") == {
        "engine": "postgres",
        "host": "blueprint-local-shop.rds.example.com",
        "port": 5432,
        "username": "shop",
        "password": "not-a-real-password",
        "dbname": "shop",
        "dbInstanceIdentifier": "blueprint-local-shop",
    }


def test_the_password_is_never_in_the_clear(any_stack: Recording) -> None:
    clear = [
        (it.type, key)
        for it in any_stack.resources.values()
        for key, value in it.inputs.items()
        if "not-a-real-password" in repr(value) and key not in it.secrets
    ]
    assert not clear
    assert "not-a-real-password" not in repr(any_stack.outputs)


def test_the_password_has_no_character_that_rds_forbids(local: Recording) -> None:
    symbols = local.one("RandomPassword", "shop-password").inputs["overrideSpecial"]
    assert not set(symbols) & set('/@" ')


def test_an_instance_is_told_what_to_become(local: Recording) -> None:
    document = yaml.safe_load(base64.b64decode(local.one("LaunchTemplate").inputs["userData"]))
    instance = json.loads(document["write_files"][0]["content"])
    bundle = local.one("BucketObjectv2", "artifacts-app").inputs
    assert instance["artifact"]["bucket"] == bundle["bucket"]
    assert instance["artifact"]["key"] == bundle["key"] == f"app/{instance['artifact']['sha256']}.tar.gz"
    assert instance["parameters"] == "/blueprint/local/shop/"
    assert instance["port"] == local.one("TargetGroup").inputs["port"]


def test_a_function_runs_the_zip_that_was_built(local: Recording) -> None:
    for function in local.of("lambda/function:Function"):
        name = function.name.replace("-", "_")
        archive = local.one("BucketObjectv2", f"artifacts-{name}")
        checksum = hashlib.sha256(f"the {name}".encode()).digest()
        assert archive.inputs["key"] == f"{name}/{checksum.hex()}.zip"
        assert function.inputs["s3Key"] == archive.inputs["key"]
        assert function.inputs["sourceCodeHash"] == base64.b64encode(checksum).decode()


def test_what_was_deployed_once_stays_for_a_rollback(any_stack: Recording) -> None:
    assert all(it.retain for it in any_stack.of("BucketObjectv2"))


def test_a_changed_parameter_replaces_the_instances(dist: Path, local: Recording) -> None:
    again = evaluate({**own_settings("local"), "log_level": "DEBUG"}, dist, stack="local")
    before, after = (it.one("LaunchTemplate").inputs["description"] for it in (local, again))
    assert before != after


def test_a_refresh_follows_the_number_of_the_template(local: Recording) -> None:
    group = local.one("autoscaling/group:Group").inputs
    assert group["launchTemplate"]["version"] == "1"
    assert "desiredCapacity" not in group, "an `up` would move what scaling has set"
    assert group["healthCheckType"] == "ELB"
    assert group["minElbCapacity"] == 2


def test_the_first_instance_finds_everything_it_needs(local: Recording) -> None:
    """Otherwise the first `up` waits for instances that cannot become healthy, and fails."""
    needed = local.one("autoscaling/group:Group").dependencies
    found = {tuple(re.split(r".*[$:](?=\w+::)|::", urn)[1:]) for urn in needed}
    assert {
        ("Route", "network-private-1-internet"),
        ("Route", "network-private-2-internet"),
        ("VpcEndpoint", "network-s3"),
        ("ListenerRule", "shop-prefix-7-1"),
        ("Parameter", "shop-DATABASE_WRITER"),
        ("SecretVersion", "shop-database"),
        ("Instance", "shop"),
        ("RolePolicy", "shop-read-artifacts"),
        ("RolePolicy", "shop-read-shop-parameters"),
        ("RolePolicy", "shop-secret-shop"),
        ("RolePolicy", "shop-put-shop"),
        ("RolePolicy", "shop-send-payment-capture"),
        ("RolePolicy", "shop-put-sales"),
        ("RolePolicy", "shop-put-media"),
        ("RolePolicy", "shop-put-positions"),
    } <= found


def test_the_edge_and_the_balancer_know_the_services_by_the_same_paths(any_stack: Recording) -> None:
    behaviours = any_stack.one("Distribution").inputs["orderedCacheBehaviors"]
    at_edge = [it["pathPattern"] for it in behaviours if it["targetOriginId"].startswith("service")]
    at_balancers: dict[str, list[str]] = {}
    for rule in any_stack.of("ListenerRule"):
        paths = at_balancers.setdefault(rule.inputs["listenerArn"], [])
        paths += [
            path for it in rule.inputs["conditions"] for path in it.get("pathPattern", {}).get("values", ())
        ]
    kinds = [it.inputs["loadBalancerType"] for it in any_stack.of("lb/loadBalancer:LoadBalancer")]
    assert len(at_balancers) == kinds.count("application")
    assert all(sorted(paths) == sorted(at_edge) for paths in at_balancers.values())


def test_no_listener_rule_compares_with_more_values_than_aws_allows(any_stack: Recording) -> None:
    for rule in any_stack.of("ListenerRule"):
        assert sum(len(kind["values"]) for it in rule.inputs["conditions"] for kind in it.values()) <= 5


def test_the_edge_brings_along_what_the_balancer_asks_for(any_stack: Recording) -> None:
    asked = [it for rule in any_stack.of("ListenerRule") for it in rule.inputs["conditions"]]
    names = {it["httpHeader"]["httpHeaderName"] for it in asked if "httpHeader" in it}
    distribution = any_stack.one("Distribution")
    brought = {
        origin["originId"]: {header["name"] for header in origin.get("customHeaders", [])}
        for origin in distribution.inputs["origins"]
    }
    assert brought["service"] == names == {"X-Origin-Verify"}
    assert not brought["site"], "a bucket would be told the secret"
    assert not brought["media"]
    assert "origins" in distribution.secrets


def test_only_the_catalogue_is_cached_at_the_edge(local: Recording) -> None:
    behaviours = local.one("Distribution").inputs["orderedCacheBehaviors"]
    policies = {
        it["pathPattern"]: it["cachePolicyId"] for it in behaviours if it["targetOriginId"] == "service"
    }
    never = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert policies.pop("/products*") == "edge-catalogue-id"
    assert policies == dict.fromkeys(routes.LIVE, never)
    assert "/accounts*" in policies


def test_the_health_check_touches_no_database(any_stack: Recording) -> None:
    checks = [it.inputs["healthCheck"] for it in any_stack.of("lb/targetGroup:TargetGroup")]
    assert {it["path"] for it in checks if it.get("protocol") != "TCP"} == {"/live"}


def test_a_development_stack_goes_at_the_first_try(dev: Recording, local: Recording) -> None:
    for recording in (dev, local):
        assert not [it.name for it in recording.resources.values() if it.protect]
        assert all(it.inputs["forceDestroy"] for it in recording.of("s3/bucket:Bucket"))
        assert all(it.inputs["skipFinalSnapshot"] for it in recording.of("rds/instance:Instance"))
        assert not any(it.inputs["deletionProtection"] for it in recording.of("rds/instance:Instance"))
        secrets = recording.of("secretsmanager/secret:Secret")
        assert {it.inputs["recoveryWindowInDays"] for it in secrets} == {0}
        assert not recording.one("lb/loadBalancer:LoadBalancer").inputs["enableDeletionProtection"]
        assert all(it.inputs["enforceConsumerDeletion"] for it in recording.of("kinesis/stream:Stream"))
        functions = recording.of("lambda/function:Function")
        assert all(it.inputs["replaceSecurityGroupsOnDestroy"] for it in functions)
        default = f"{recording.one('DefaultSecurityGroup').name}-id"
        assert all(it.inputs["replacementSecurityGroupIds"] == [default] for it in functions)


def test_a_production_stack_keeps_its_data(prod: Recording) -> None:
    protected = {it.type.rpartition(":")[2] for it in prod.resources.values() if it.protect}
    assert protected == {"Instance", "Bucket", "Table", "UserPool", "Vault"}
    primary = prod.one("rds/instance:Instance", "shop").inputs
    assert primary["deletionProtection"]
    assert not primary["skipFinalSnapshot"]
    assert primary["finalSnapshotIdentifier"] == "shop-database-1a2b3c4-final"
    assert not any(it.inputs["forceDestroy"] for it in prod.of("s3/bucket:Bucket"))
    secrets = prod.of("secretsmanager/secret:Secret")
    assert {it.inputs["recoveryWindowInDays"] for it in secrets} == {30}
    cache = prod.one("elasticache/replicationGroup:ReplicationGroup").inputs
    assert cache["finalSnapshotIdentifier"] == "shop-cache-1a2b3c4-final"
    assert all(it.inputs["pointInTimeRecovery"]["enabled"] for it in prod.of("dynamodb/table:Table"))


def test_a_replica_is_not_told_what_it_takes_from_its_source(prod: Recording) -> None:
    replicas = [it.inputs for it in prod.of("rds/instance:Instance") if "replicateSourceDb" in it.inputs]
    assert [it["identifier"] for it in replicas] == ["blueprint-prod-shop-replica-1"]
    for replica in replicas:
        assert not {"username", "password", "dbName", "dbSubnetGroupName", "engine"} & replica.keys()
        assert replica["skipFinalSnapshot"], "RDS takes none of a replica: the destroy would fail"


def test_names_stay_within_their_limits_for_the_longest_project_and_stack(dist: Path) -> None:
    recording = evaluate(EVERYTHING, dist, project="a" * 40, stack="b" * 20)
    for kind, (key, limit) in LIMITS.items():
        names = [it.inputs[key] for it in recording.of(kind)]
        assert names, kind
        assert len(names) == len(set(names)), f"two of {kind} have one name"
        assert max(len(name) for name in names) <= limit, kind
    for kind, limit in NAMED_BY_PULUMI.items():
        assert all(len(it.name) + 8 <= limit for it in recording.of(kind)), kind
    groups = [it.inputs["replicationGroupId"] for it in recording.of("ReplicationGroup")]
    watched = [it.inputs.get("dimensions", {}).get("CacheClusterId") for it in recording.of("MetricAlarm")]
    nodes = {
        f"{group}-{shard:04}-{node:03}" for group in groups for shard in (1, 2, 3, 4) for node in (1, 2, 3)
    }
    assert nodes == {name for name in watched if name}


def test_the_same_settings_give_the_same_resources(dist: Path, local: Recording) -> None:
    def described(recording: Recording) -> dict[str, str]:
        """An asset's text names its place in memory: the path in it is what counts."""
        return {
            urn: repr(sorted((key, getattr(value, "path", value)) for key, value in it.inputs.items()))
            for urn, it in recording.resources.items()
        }

    assert described(evaluate(own_settings("local"), dist, stack="local")) == described(local)


def test_a_preview_shows_every_resource_before_any_of_them_exists(dist: Path, local: Recording) -> None:
    preview = evaluate(own_settings("local"), dist, stack="local", mocks=Unknowns())
    assert preview.resources.keys() == local.resources.keys()


def test_resources_carry_whose_they_are(any_stack: Recording) -> None:
    providers = any_stack.of("pulumi:providers:aws")
    tags = providers[0].json("defaultTags")["tags"]
    assert tags.keys() >= {"Project", "Stack", "Stage"}
    assert all(it.json("defaultTags")["tags"] == tags for it in providers)
    for group in any_stack.of("autoscaling/group:Group"):
        launched = {it["key"] for it in group.inputs["tags"] if it["propagateAtLaunch"]}
        assert launched == {*tags, "Name"}


def test_only_an_emulator_is_spoken_to_by_path_and_without_checks(local: Recording, dev: Recording) -> None:
    def relaxed(recording: Recording) -> set[str]:
        keys = {"s3UsePathStyle", "skipCredentialsValidation", "skipMetadataApiCheck"}
        return {key for key in keys if recording.one("providers:aws").inputs.get(key) == "true"}

    assert relaxed(local) == {"s3UsePathStyle", "skipCredentialsValidation", "skipMetadataApiCheck"}
    assert not relaxed(dev)


def test_nothing_belongs_to_the_default_provider(any_stack: Recording) -> None:
    """It has no tags, and its region is whatever the operator's shell says."""
    providers = {it.name for it in any_stack.of("pulumi:providers:aws")}
    for it in any_stack.resources.values():
        if it.type.startswith("aws:"):
            provider = it.provider.split("::")[-2]
            assert provider in providers, it.name


def test_a_pinned_image_is_not_looked_up(prod: Recording, dev: Recording) -> None:
    assert prod.one("LaunchTemplate").inputs["imageId"] == "ami-0fedcba9876543210"
    assert not [token for token, _ in prod.calls if "getParameter" in token]
    names = [args["name"] for token, args in dev.calls if "getParameter" in token]
    assert names == ["/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"]


def run_program(root: Path) -> Recording:
    """What infra/__main__.py does, run the way Pulumi runs it, in a project below `root`."""
    program = root / "infra" / "__main__.py"
    config = as_pulumi_hands_over(stack_file("local"))
    return record(lambda: runpy.run_path(str(program), run_name="__main__"), stack="local", config=config)


def test_the_program_reads_the_stack_file_and_exports_its_outputs(tmp_path: Path, local: Recording) -> None:
    (tmp_path / "infra").symlink_to(ROOT / "infra")
    build(tmp_path / "dist" / "local", platform="local")
    recording = run_program(tmp_path)
    assert recording.outputs == local.outputs
    assert recording.resources.keys() == local.resources.keys()


def test_the_program_says_how_to_build_what_is_not_built(tmp_path: Path) -> None:
    (tmp_path / "infra").symlink_to(ROOT / "infra")
    with pytest.raises(SettingsError, match="Run `blueprint build --platform local`"):
        run_program(tmp_path)


def test_the_project_file_is_the_one_the_pulumi_cli_expects() -> None:
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert (project["name"], project["main"]) == (lineage.NAME, "infra/")
    options: dict[str, Any] = project["runtime"]["options"]
    assert options == {"toolchain": "pip", "virtualenv": ".venv"}
