"""Examples of the components of data."""

from collections.abc import Mapping

import pulumi

from infra.components import artifacts, bucket, cache, database, parameters, policy, tables
from tests.infra.components.examples.example import Example
from tests.infra.components.examples.parts import manifest

EXAMPLES: Mapping[type, Example] = {
    artifacts.ArtifactsArgs: Example(
        make=lambda args: artifacts.Artifacts("it", args),
        args=lambda: artifacts.ArtifactsArgs(manifest=manifest("one"), account_id="1", protect=False),
        changes={"manifest": lambda _: manifest("two")},
    ),
    bucket.BucketArgs: Example(
        make=lambda args: bucket.Bucket("it", args),
        args=lambda: bucket.BucketArgs(account_id="1", protect=False, served_by_cdn=False),
        changes={"expires_days": lambda _: 7},
    ),
    cache.CacheArgs: Example(
        make=lambda args: cache.Cache("it", args),
        args=lambda: cache.CacheArgs(
            vpc_id="vpc",
            subnet_ids=["subnet"],
            engine_version="8.0",
            node_type="t",
            nodes=2,
            automatic_failover=True,
            transit_encryption=True,
            protect=False,
        ),
    ),
    database.DatabaseArgs: Example(
        make=lambda args: database.Database("it", args),
        args=lambda: database.DatabaseArgs(
            vpc_id="vpc",
            subnet_ids=["subnet"],
            engine_version="17",
            instance_class="c",
            storage=20,
            max_storage=100,
            database_name="db",
            username="user",
            replicas=1,
            multi_az=False,
            backup_retention_days=1,
            force_ssl=True,
            log_retention_days=3,
            protect=False,
        ),
    ),
    parameters.ParametersArgs: Example(
        make=lambda args: parameters.Parameters("it", args).grant_read(
            policy.service_role("r", "ec2.amazonaws.com", "d", pulumi.ResourceOptions())
        ),
        args=lambda: parameters.ParametersArgs(
            path="/a/b/", values={"A": "a"}, region="eu-west-1", account_id="1"
        ),
    ),
    tables.TablesArgs: Example(
        make=lambda args: tables.Tables("it", args),
        args=lambda: tables.TablesArgs(tables={"t": tables.Table(key="id", expires="at")}, protect=False),
        changes={"tables": lambda old: {**old, "u": tables.Table(key="id", expires="at")}},
    ),
    tables.Table: Example(
        make=lambda args: tables.Tables("it", tables.TablesArgs(tables={"t": args}, protect=False)),
        args=lambda: tables.Table(key="id", expires="at"),
    ),
}
