"""What keeps data."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from tests.scripts.verify.extended.compute import a_function
from tests.scripts.verify.extended.ground import OTHER, Ground, Maker

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
PASSWORD = "Not-a-secret-0"  # noqa: S105 - of a database that moto pretends to have


def backup_reads(_: Ground, name: str, opts: pulumi.ResourceOptions) -> aws.backup.Vault:
    return aws.backup.Vault(name, name=name, tags={"Name": name}, opts=opts)


def backup_selections(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    vault = backup_reads(ground, name, opts)
    rule: aws.backup.PlanRuleArgsDict = {
        "rule_name": "daily",
        "target_vault_name": vault.name,
        "schedule": "cron(0 4 * * ? *)",
        "lifecycle": {"delete_after": 7},
    }
    plan = aws.backup.Plan(name, name=name, rules=[rule], tags={"Name": name}, opts=opts)
    aws.backup.Selection(
        name, name=name, plan_id=plan.id, iam_role_arn=ground.role.arn, resources=["*"], opts=opts
    )
    aws.backup.VaultNotifications(
        name,
        backup_vault_name=vault.name,
        sns_topic_arn=ground.topic.arn,
        backup_vault_events=["BACKUP_JOB_FAILED"],
        opts=opts,
    )


def bucket_policies(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    bucket = aws.s3.Bucket(name, bucket=f"{name}-of-extensions", opts=opts)
    only_tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    document = pulumi.Output.json_dumps(
        {"Statement": [{**only_tls, "Resource": pulumi.Output.concat(bucket.arn, "/*")}]}
    )
    policy = aws.s3.BucketPolicy(name, bucket=bucket.bucket, policy=document, opts=opts)
    after = opts.merge(pulumi.ResourceOptions(depends_on=[policy]))
    aws.s3.BucketObjectv2(name, bucket=bucket.bucket, key="it", content="it", opts=after)


def cache_parameter_groups(
    ground: Ground, name: str, opts: pulumi.ResourceOptions
) -> tuple[aws.elasticache.ParameterGroup, aws.elasticache.SubnetGroup]:
    parameters: list[aws.elasticache.ParameterGroupParameterArgsDict] = [
        {"name": "maxmemory-policy", "value": "allkeys-lru"}
    ]
    return (
        aws.elasticache.ParameterGroup(name, name=name, family="valkey8", parameters=parameters, opts=opts),
        aws.elasticache.SubnetGroup(name, name=name, subnet_ids=ground.subnet_ids, opts=opts),
    )


def cache_users(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    users = [
        aws.elasticache.User(
            f"{name}-{user}",
            engine="valkey",
            user_id=f"{name}-{user}",
            user_name=user,
            access_string="on ~* +@all",
            authentication_mode={"type": "password", "passwords": [f"{PASSWORD}-{user}"]},
            opts=opts,
        )
        for user in ("default", "shop")
    ]
    aws.elasticache.UserGroup(
        name, engine="valkey", user_group_id=name, user_ids=[it.user_id for it in users], opts=opts
    )


def replication_groups(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    parameters, subnets = cache_parameter_groups(ground, name, opts)
    aws.elasticache.ReplicationGroup(
        name,
        replication_group_id=name,
        description="two nodes",
        engine="valkey",
        engine_version="8.0",
        node_type="cache.t4g.micro",
        num_cache_clusters=2,
        automatic_failover_enabled=True,
        multi_az_enabled=True,
        at_rest_encryption_enabled=True,
        transit_encryption_enabled=True,
        parameter_group_name=parameters.name,
        subnet_group_name=subnets.name,
        security_group_ids=[ground.group.id],
        apply_immediately=True,
        opts=opts,
    )


def a_database(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> aws.rds.Instance:
    subnets = aws.rds.SubnetGroup(name, name=name, subnet_ids=ground.subnet_ids, opts=opts)
    parameters = aws.rds.ParameterGroup(
        name, name=name, family="postgres17", parameters=[{"name": "rds.force_ssl", "value": "1"}], opts=opts
    )
    return aws.rds.Instance(
        name,
        identifier=name,
        engine="postgres",
        engine_version="17",
        instance_class="db.t4g.micro",
        allocated_storage=20,
        db_subnet_group_name=subnets.name,
        parameter_group_name=parameters.name,
        username="shop",
        password=PASSWORD,
        performance_insights_enabled=True,
        backup_retention_period=1,
        skip_final_snapshot=True,
        apply_immediately=True,
        opts=opts,
    )


def database_instances(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    primary = a_database(ground, name, opts)
    aws.rds.Instance(
        f"{name}-replica",
        identifier=f"{name}-replica",
        replicate_source_db=primary.identifier,
        instance_class="db.t4g.micro",
        parameter_group_name=primary.parameter_group_name,
        performance_insights_enabled=True,
        skip_final_snapshot=True,
        apply_immediately=True,
        opts=opts,
    )


def database_backups(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    aws.rds.InstanceAutomatedBackupsReplication(
        name,
        source_db_instance_arn=a_database(ground, name, opts).arn,
        retention_period=7,
        opts=opts.merge(pulumi.ResourceOptions(provider=ground.west)),
    )


def database_proxies(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    secret = aws.secretsmanager.Secret(name, name=name, recovery_window_in_days=0, opts=opts)
    proxy = aws.rds.Proxy(
        name,
        name=name,
        engine_family="POSTGRESQL",
        role_arn=ground.role.arn,
        auths=[{"auth_scheme": "SECRETS", "iam_auth": "DISABLED", "secret_arn": secret.arn}],
        vpc_subnet_ids=ground.subnet_ids,
        vpc_security_group_ids=[ground.group.id],
        opts=opts,
    )
    pool = aws.rds.ProxyDefaultTargetGroup(
        name,
        db_proxy_name=proxy.name,
        connection_pool_config={"max_idle_connections_percent": 0, "init_query": "SET a = 1"},
        opts=opts,
    )
    aws.rds.ProxyTarget(
        name,
        db_proxy_name=proxy.name,
        target_group_name=pool.name,
        db_instance_identifier=a_database(ground, name, opts).identifier,
        opts=opts,
    )


def a_table(name: str, opts: pulumi.ResourceOptions, **more: Any) -> None:
    aws.dynamodb.Table(
        name,
        name=name,
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}],
        opts=opts,
        **more,
    )


def global_tables(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    replica = {"region_name": OTHER, "propagate_tags": True}
    stream = {"stream_enabled": True, "stream_view_type": "NEW_AND_OLD_IMAGES"}
    a_table(name, opts, replicas=[replica], **stream)


def table_throughputs(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    a_table(name, opts, on_demand_throughput={"max_read_request_units": 5, "max_write_request_units": 6})


def key_rotations(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    aws.kms.Key(name, enable_key_rotation=True, rotation_period_in_days=90, opts=opts)


def secret_replicas(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    replicas: list[aws.secretsmanager.SecretReplicaArgsDict] = [{"region": OTHER}]
    aws.secretsmanager.Secret(name, name=name, replicas=replicas, recovery_window_in_days=0, opts=opts)


def secret_rotations(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    secret = aws.secretsmanager.Secret(name, name=name, recovery_window_in_days=0, opts=opts)
    value = aws.secretsmanager.SecretVersion(name, secret_id=secret.id, secret_string=PASSWORD, opts=opts)
    function = a_function(ground, name, opts)
    allowed = aws.lambda_.Permission(
        name,
        action="lambda:InvokeFunction",
        function=function.name,
        principal="secretsmanager.amazonaws.com",
        opts=opts,
    )
    aws.secretsmanager.SecretRotation(
        name,
        secret_id=secret.id,
        rotation_lambda_arn=function.arn,
        rotation_rules={"automatically_after_days": 30},
        opts=opts.merge(pulumi.ResourceOptions(depends_on=[value, allowed])),
    )


def serverless_applications(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    aws.emrserverless.Application(
        name,
        name=name,
        type="spark",
        release_label="emr-7.9.0",
        maximum_capacity={"cpu": "4 vCPU", "memory": "16 GB"},
        auto_stop_configuration={"enabled": True, "idle_timeout_minutes": 5},
        network_configuration={"subnet_ids": ground.subnet_ids, "security_group_ids": [ground.group.id]},
        tags={"Name": name},
        opts=opts,
    )


def serverless_clusters(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    a_cluster(ground, name, opts)


def a_cluster(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> aws.msk.ServerlessCluster:
    network: aws.msk.ServerlessClusterVpcConfigArgsDict = {
        "subnet_ids": ground.subnet_ids,
        "security_group_ids": [ground.group.id],
    }
    return aws.msk.ServerlessCluster(
        name,
        cluster_name=name,
        vpc_configs=[network],
        client_authentication={"sasl": {"iam": {"enabled": True}}},
        opts=opts,
    )


MAKERS: Mapping[str, Maker] = {
    "backup_reads": backup_reads,
    "backup_selections": backup_selections,
    "bucket_policies": bucket_policies,
    "cache_parameter_groups": cache_parameter_groups,
    "cache_users": cache_users,
    "database_backups": database_backups,
    "database_instances": database_instances,
    "database_proxies": database_proxies,
    "global_tables": global_tables,
    "key_rotations": key_rotations,
    "replication_groups": replication_groups,
    "secret_replicas": secret_replicas,
    "secret_rotations": secret_rotations,
    "serverless_applications": serverless_applications,
    "serverless_clusters": serverless_clusters,
    "table_throughputs": table_throughputs,
}
