"""The database of a region: the primaries in the first one, replicas of them in another."""

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Any

from infra.components import cidr
from infra.components.cidr import Tier
from infra.components.database import DatabaseArgs
from infra.components.database_copies import ReplicaDatabaseArgs
from infra.components.proxy import ProxyArgs
from infra.components.sharded_database import ShardedDatabase, ShardedDatabaseArgs
from infra.components.sharded_replica import ShardedReplica, ShardedReplicaArgs
from infra.tiers.region import Region

SHOP = "shop"

AnyDatabase = ShardedDatabase | ShardedReplica
"""What a program of any region stands in front of."""


def primaries(region: Region) -> ShardedDatabase:
    """The database, in the region that writes go to."""
    settings, second = region.settings.database, region.settings.second_region
    args = ShardedDatabaseArgs(
        shards=settings.shards,
        database=_database(region, secret_regions=[second.code] if second.code and second.serves else []),
        proxy=_proxy(region) if settings.proxy.enabled else None,
    )
    return ShardedDatabase(region.named(SHOP), args, region.opts)


def replicas(region: Region, source: ShardedDatabase, source_cidr: IPv4Network) -> ShardedReplica:
    """A replica of each shard of `source`, which stands in a network of `source_cidr`."""
    settings = region.settings.database
    args = ShardedReplicaArgs(
        source=source,
        region=region.code,
        account_id=region.account_id,
        replicas=[
            ReplicaDatabaseArgs(
                **_instance(region), source_arn=shard.database.primary.arn, multi_az=settings.multi_az
            )
            for shard in source.shards
        ],
        clients=cidr.tier(region.network.cidr, Tier.PRIVATE),
        writers=cidr.tier(source_cidr, Tier.ISOLATED),
    )
    return ShardedReplica(region.named(SHOP), args, region.opts)


def _instance(region: Region) -> dict[str, Any]:
    """What every instance of the database is made with, whichever its region: the fields of InstanceArgs."""
    settings, network = region.settings.database, region.network
    return {
        "vpc_id": network.vpc_id,
        "subnet_ids": network.isolated_subnet_ids,
        "engine_version": str(settings.engine_version),
        "instance_class": settings.instance_class,
        "max_storage": settings.max_storage,
        "iops": settings.iops,
        "throughput": settings.throughput,
        "maintenance_window": settings.maintenance_window,
        "force_ssl": settings.force_ssl,
        "auto_explain": settings.auto_explain,
        "logical_replication": settings.logical_replication,
        "max_connections": settings.max_connections,
        "parameters": settings.parameters,
        "auto_minor_upgrades": settings.auto_minor_upgrades,
        "ca_certificate": settings.ca_certificate,
        "performance_insights_days": settings.performance_insights_days,
        "monitoring_interval": settings.monitoring_interval,
        "log_exports": settings.log_exports,
        "log_retention_days": region.settings.log_retention_days,
        "kms_key_arn": region.key_arn,
        "protect": region.settings.protect,
    }


def _database(region: Region, *, secret_regions: Sequence[str]) -> DatabaseArgs:
    settings = region.settings.database
    return DatabaseArgs(
        **_instance(region),
        storage=settings.storage,
        database_name=SHOP,
        username=SHOP,
        replicas=settings.replicas,
        replica_class=settings.replica_class,
        replica_zones=region.network.zones,
        multi_az=settings.multi_az,
        backup_retention_days=settings.backup_retention_days,
        backup_window=settings.backup_window,
        allow_major_upgrades=settings.allow_major_upgrades,
        blue_green=settings.blue_green,
        deadlock_alarm=settings.deadlock_alarm,
        secret_regions=secret_regions,
        rotated=settings.rotation_days > 0,
    )


def _proxy(region: Region) -> ProxyArgs:
    settings, network = region.settings.database, region.network
    return ProxyArgs(
        vpc_id=network.vpc_id,
        subnet_ids=network.isolated_subnet_ids,
        require_tls=settings.force_ssl,
        max_connections_percent=settings.proxy.max_connections_percent,
        max_idle_connections_percent=settings.proxy.max_idle_connections_percent,
        borrow_timeout=settings.proxy.borrow_timeout,
        idle_client_timeout=settings.proxy.idle_client_timeout,
        init_query=settings.proxy.init_query,
        log_retention_days=region.settings.log_retention_days,
        log_kms_key_arn=region.key_arn,
    )
