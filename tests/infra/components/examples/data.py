"""Examples of the components of data."""

import dataclasses
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

import pulumi

from infra.components import (
    artifacts,
    bucket,
    cache,
    cache_users,
    database,
    database_copies,
    database_instance,
    parameters,
    provider_secret,
    proxy,
    rotation,
    shard_directory,
    sharded_database,
    sharded_replica,
    tables,
)
from tests.infra.components.examples.example import Example
from tests.infra.components.examples.parts import a_function, a_role, manifest, watched

INSTANCE: dict[str, Any] = {
    "vpc_id": "vpc",
    "subnet_ids": ["subnet"],
    "engine_version": "17",
    "instance_class": "db.t4g.micro",
    "max_storage": 100,
    "iops": 12_000,
    "throughput": 500,
    "force_ssl": True,
    "max_connections": 100,
    "parameters": {"work_mem": "4096"},
    "maintenance_window": "sun:03:00-sun:04:00",
    "ca_certificate": "rds-ca-rsa2048-g1",
    "performance_insights_days": 7,
    "monitoring_interval": 30,
    "log_retention_days": 3,
    "kms_key_arn": "key",
    "protect": False,
}


def database_args() -> database.DatabaseArgs:
    return database.DatabaseArgs(
        **INSTANCE,
        storage=20,
        database_name="db",
        username="user",
        replicas=1,
        replica_class="db.t4g.small",
        replica_zones=["a", "b"],
        multi_az=False,
        backup_retention_days=1,
        backup_window="02:00-03:00",
    )


def proxy_args() -> proxy.ProxyArgs:
    return proxy.ProxyArgs(
        vpc_id="vpc",
        subnet_ids=["subnet"],
        require_tls=True,
        max_connections_percent=90,
        max_idle_connections_percent=50,
        borrow_timeout=3,
        idle_client_timeout=1800,
        init_query="SET a = 1",
        log_retention_days=3,
        log_kms_key_arn="key",
    )


def cache_users_args() -> cache_users.CacheUsersArgs:
    return cache_users.CacheUsersArgs(password_version=1, kms_key_arn="key", protect=False)


def a_table() -> tables.Table:
    return tables.Table(key="id", sort_key="at", indexes={"i": tables.Index(key="by")}, expires="end")


def replica_args() -> database_copies.ReplicaDatabaseArgs:
    return database_copies.ReplicaDatabaseArgs(**INSTANCE, source_arn="arn", multi_az=False)


def sharded_args(shards: int = 2) -> sharded_database.ShardedDatabaseArgs:
    return sharded_database.ShardedDatabaseArgs(shards=shards, database=database_args(), proxy=proxy_args())


def sharded(name: str) -> sharded_database.ShardedDatabase:
    return sharded_database.ShardedDatabase(name, sharded_args(shards=1))


def shard_entry() -> shard_directory.ShardEntry:
    arn = "arn:aws:secretsmanager:us-east-1:1:secret:s"
    return shard_directory.ShardEntry(secret_arn=arn, writer="writer:5432", readers=["reader:5432"])


def directory_args(*entries: shard_directory.ShardEntry) -> shard_directory.ShardDirectoryArgs:
    return shard_directory.ShardDirectoryArgs(
        shards=entries or [shard_entry()], kms_key_arn="key", protect=False
    )


def show_provider_secret(args: Any) -> None:
    """Who reads it is named in a policy, here and in another region."""
    secret, role = provider_secret.ProviderSecret("it", args), a_role()
    secret.here.grant_read(role)
    secret.at("eu-west-1", "1").grant_read(a_function("there").role)


def show_replica(args: Any) -> None:
    """Addresses and region show where somebody connects, and reads a secret."""
    replica, client = sharded_replica.ShardedReplica("it", args), a_function("client")
    replica.allow_from(client)
    replica.grant_secrets(client.role)


EXAMPLES: Mapping[type, Example] = {
    artifacts.ArtifactsArgs: Example(
        make=lambda args: artifacts.Artifacts("it", args),
        args=lambda: artifacts.ArtifactsArgs(
            manifest=manifest("one"), account_id="1", kms_key_arn="key", protect=False
        ),
        changes={"manifest": lambda _: manifest("two")},
    ),
    bucket.BucketArgs: Example(
        make=lambda args: bucket.Bucket("it", args),
        args=lambda: bucket.BucketArgs(
            account_id="1",
            protect=False,
            served_by_cdn=False,
            takes_deliveries=False,
            kms_key_arn="key",
            expires_days=1,
        ),
        changes={"lifecycle": lambda _: [{"id": "old", "status": "Enabled", "expiration": {"days": 1}}]},
    ),
    cache.CacheArgs: Example(
        make=lambda args: cache.Cache("it", args),
        args=lambda: cache.CacheArgs(
            vpc_id="vpc",
            subnet_ids=["subnet"],
            engine_version="8.0",
            node_type="t",
            nodes=2,
            shards=2,
            automatic_failover=True,
            transit_encryption=True,
            users=cache_users_args(),
            eviction="allkeys-lru",
            parameters={"timeout": "0"},
            snapshot_retention_days=1,
            snapshot_window="02:00-03:00",
            maintenance_window="sun:03:00-sun:04:00",
            log_exports=["slow"],
            log_retention_days=3,
            kms_key_arn="key",
            protect=False,
        ),
        changes={"users": lambda _: None},
    ),
    cache_users.CacheUsersArgs: Example(
        make=lambda args: cache_users.CacheUsers("it", args).grant_secret(a_role()),
        args=cache_users_args,
    ),
    provider_secret.ProviderSecretArgs: Example(
        make=show_provider_secret,
        args=lambda: provider_secret.ProviderSecretArgs(
            provider="bank", regions=["eu-west-1"], kms_key_arn="key", protect=False
        ),
    ),
    database.DatabaseArgs: Example(
        make=lambda args: database.Database("it", args),
        args=database_args,
        changes={"replica_zones": lambda _: ["c"], "secret_regions": lambda _: ["eu-west-1"]},
    ),
    database_copies.BackupCopyArgs: Example(
        make=lambda args: database_copies.BackupCopy("it", args),
        args=lambda: database_copies.BackupCopyArgs(source_arn="arn", retention_days=7, kms_key_arn="key"),
    ),
    database_copies.ReplicaDatabaseArgs: Example(
        make=lambda args: database_copies.ReplicaDatabase("it", args),
        args=replica_args,
    ),
    database_instance.InstanceArgs: Example(
        make=lambda args: database_instance.Instances("it", args, pulumi.ComponentResource("t", "t")).create(
            "it"
        ),
        args=lambda: database_instance.InstanceArgs(**INSTANCE),
    ),
    proxy.ProxyArgs: Example(
        make=lambda args: proxy.Proxy("it", args, database.Database("it", database_args())),
        args=proxy_args,
    ),
    rotation.RotationArgs: Example(
        make=lambda args: rotation.Rotation("it", args).rotate(database.Database("it", database_args())),
        args=lambda: rotation.RotationArgs(function=a_function("one"), days=30, account_id="1"),
        changes={"function": lambda _: a_function("two")},
    ),
    shard_directory.ShardDirectoryArgs: Example(
        make=lambda args: shard_directory.ShardDirectory("it", args),
        args=directory_args,
        changes={"shards": lambda old: [*old, *old]},
    ),
    shard_directory.ShardEntry: Example(
        make=lambda args: shard_directory.ShardDirectory("it", directory_args(args)), args=shard_entry
    ),
    sharded_replica.ShardedReplicaArgs: Example(
        make=show_replica,
        args=lambda: sharded_replica.ShardedReplicaArgs(
            source=sharded("source"),
            region="eu-west-1",
            account_id="1",
            replicas=[replica_args()],
            clients=IPv4Network("10.1.0.0/16"),
            writers=IPv4Network("10.0.0.0/16"),
        ),
        changes={
            "source": lambda _: sharded("another"),
            "replicas": lambda old: [dataclasses.replace(it, multi_az=True) for it in old],
        },
    ),
    sharded_database.ShardedDatabaseArgs: Example(
        make=lambda args: sharded_database.ShardedDatabase("it", args),
        args=sharded_args,
        changes={
            "database": lambda old: dataclasses.replace(old, storage=old.storage + 1),
            "proxy": lambda _: None,
        },
    ),
    parameters.ParametersArgs: Example(
        make=lambda args: parameters.Parameters("it", args).grant_read(a_role()),
        args=lambda: parameters.ParametersArgs(
            path="/a/b/", values={"A": "a"}, region="eu-west-1", account_id="1"
        ),
    ),
    tables.Index: Example(
        make=lambda args: tables.Tables(
            "it",
            tables.TablesArgs(tables={"t": tables.Table(key="id", indexes={"i": args})}, protect=False),
        ),
        args=lambda: tables.Index(key="by", sort_key="at", attributes=["a"]),
    ),
    tables.Replica: Example(
        make=lambda args: tables.Tables(
            "it",
            tables.TablesArgs(
                tables={"t": tables.Table(key="id")}, protect=False, kms_key_arn="key", replicas=[args]
            ),
        ),
        args=lambda: tables.Replica(region="eu-west-1", kms_key_arn="other"),
    ),
    tables.Table: Example(
        make=lambda args: tables.Tables("it", tables.TablesArgs(tables={"t": args}, protect=False)),
        args=a_table,
        changes={"indexes": lambda old: {**old, "j": tables.Index(key="j")}},
    ),
    tables.TablesArgs: Example(
        make=lambda args: watched(tables.Tables("it", args)),
        args=lambda: tables.TablesArgs(
            tables={"t": a_table()},
            protect=False,
            kms_key_arn="key",
            replicas=[tables.Replica(region="eu-west-1")],
            max_reads=100,
            max_writes=10,
        ),
        changes={
            "tables": lambda old: {**old, "u": a_table()},
            "replicas": lambda old: [*old, tables.Replica(region="eu-west-2")],
        },
    ),
}
