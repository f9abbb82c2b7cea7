"""The cache: Valkey on ElastiCache, a primary and its replicas."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming
from infra.components.alarms import Alarm
from infra.components.security_group import Networked, SecurityGroup, SecurityGroupArgs

PORT = 6379
GROUP_ID_LIMIT = 40


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    """
    Attributes:
        vpc_id, subnet_ids: isolated subnets, one a zone.
        engine_version: of Valkey, major and minor.
        node_type: ElastiCache type of every node.
        nodes: the primary and its replicas.
        automatic_failover: promote a replica when the primary fails.
        transit_encryption: speak TLS.
        protect: keep snapshots, and leave changes to the maintenance window.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    engine_version: str
    node_type: str
    nodes: int
    automatic_failover: bool
    transit_encryption: bool
    protect: bool


class Cache(pulumi.ComponentResource):
    """A replication group that forgets nothing it must not: what is in it can be had elsewhere.

    Resources: security group, subnet group, replication group.

    Attributes:
        security_group: nobody may connect until `allow_from`.
        endpoint: `host:port` of the primary; it follows a failover.
        url: how a client names it.
        alarms: short of memory.
    """

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:data:Cache", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.security_group = SecurityGroup(
            f"{name}-cache", SecurityGroupArgs(vpc_id=args.vpc_id, description=f"Cache {name}"), child
        )
        subnet_group = aws.elasticache.SubnetGroup(f"{name}-cache", subnet_ids=args.subnet_ids, opts=child)
        group_id = naming.physical(name, GROUP_ID_LIMIT)
        self.resource = aws.elasticache.ReplicationGroup(
            name,
            replication_group_id=group_id,
            description=f"Cache of {name}",
            engine="valkey",
            engine_version=args.engine_version,
            node_type=args.node_type,
            num_cache_clusters=args.nodes,
            port=PORT,
            automatic_failover_enabled=args.automatic_failover,
            multi_az_enabled=args.automatic_failover,
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=args.transit_encryption,
            subnet_group_name=subnet_group.name,
            security_group_ids=[self.security_group.resource.id],
            snapshot_retention_limit=7 if args.protect else 0,
            apply_immediately=not args.protect,
            opts=child,
        )
        host = self.resource.primary_endpoint_address
        scheme = "rediss" if args.transit_encryption else "redis"
        self.endpoint = pulumi.Output.concat(host, f":{PORT}")
        self.url = pulumi.Output.concat(f"{scheme}://", self.endpoint, "/0")
        self.alarms = [
            Alarm(
                name=f"{name}-cache-memory-{number}",
                description=f"The cache of {name} drops what it should keep: take a larger node type.",
                namespace="AWS/ElastiCache",
                metric="DatabaseMemoryUsagePercentage",
                dimensions={"CacheClusterId": f"{group_id}-{number:03}"},
                threshold=90,
                periods=15,
            )
            for number in range(1, args.nodes + 1)
        ]
        self.register_outputs({"endpoint": self.endpoint})

    def allow_from(self, *clients: Networked) -> None:
        """Let `clients` connect."""
        for client in clients:
            self.security_group.allow_from(client, PORT)
