"""The cache: Valkey on ElastiCache, a primary and its replicas, or several of these as shards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components import cache_alarms, naming
from infra.components.cache_users import ENGINE, CacheUsers, CacheUsersArgs
from infra.components.policy import Role
from infra.components.security_group import Networked, SecurityGroup, SecurityGroupArgs

PORT = 6379
GROUP_ID_LIMIT = 40
LOG_GROUP_LIMIT = 255
NEVER = "noeviction"
BURSTABLE = "cache.t"


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    """
    Attributes:
        vpc_id, subnet_ids: isolated subnets, one a zone.
        engine_version: of Valkey, major and minor.
        node_type: ElastiCache type of every node.
        nodes: the primary and its replicas, of each shard.
        shards: parts that the keys are spread over, which makes it a cluster; None is one part and none.
        automatic_failover: promote a replica when the primary fails; a cluster needs it.
        transit_encryption: speak TLS.
        users: who may speak with it; None is everybody who can reach it. It needs TLS.
        eviction: what makes room where memory is used up, as `maxmemory-policy` has it.
        parameters: of Valkey, beside and before those that the project sets.
        snapshot_retention_days: how long daily snapshots are kept; 0 takes none.
        snapshot_window: such as `02:00-03:00`, UTC; None lets ElastiCache choose.
        maintenance_window: such as `sun:03:00-sun:04:00`, UTC; None lets ElastiCache choose.
        auto_minor_upgrades: let ElastiCache install minor versions, in the maintenance window.
        log_exports: which of its logs go to CloudWatch: `slow`, `engine`.
        log_retention_days: how long they are kept there.
        kms_key_arn: the key that encrypts disks, snapshots and logs; None is AWS's own.
        protect: take a final snapshot, and leave changes to the maintenance window.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    engine_version: str
    node_type: str
    nodes: int
    shards: int | None = None
    automatic_failover: bool
    transit_encryption: bool
    users: CacheUsersArgs | None = None
    eviction: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    snapshot_retention_days: int = 0
    snapshot_window: str | None = None
    maintenance_window: str | None = None
    auto_minor_upgrades: bool = True
    log_exports: Sequence[str] = ()
    log_retention_days: int
    kms_key_arn: pulumi.Input[str] | None = None
    protect: bool


class Cache(pulumi.ComponentResource):
    """A replication group that forgets nothing it must not: what is in it can be had elsewhere.

    A group cannot turn into a cluster, nor back: another one takes its place.

    Resources: security group, subnet group, parameter group, log groups, replication group; with users, their
    group, passwords and secret.

    Attributes:
        security_group: nobody may connect until `allow_from`.
        users: who may speak with it; None is everybody.
        endpoint: `host:port` of the primary, which follows a failover; or of a cluster, which tells where
            keys are.
        url: how a client names it.
        alarms: short of CPU, memory, connections or credits; replicas that lag.
    """

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:data:Cache", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.security_group = SecurityGroup(
            f"{name}-cache", SecurityGroupArgs(vpc_id=args.vpc_id, description=f"Cache {name}"), self._child
        )
        self.users = CacheUsers(name, args.users, self._child) if args.users else None
        self._group_name = f"{name}-shards" if args.shards else name
        self._group_id = naming.physical(self._group_name, GROUP_ID_LIMIT)
        self.resource = self._create_group()
        self.endpoint = pulumi.Output.concat(self._host(), f":{PORT}")
        scheme = "rediss" if args.transit_encryption else "redis"
        self.url = pulumi.Output.concat(f"{scheme}://", self.endpoint, "/0")
        self.alarms = cache_alarms.of_nodes(
            name,
            cache_alarms.members(self._group_id, nodes=args.nodes, shards=args.shards),
            evicts=args.eviction != NEVER,
            burstable=args.node_type.startswith(BURSTABLE),
            replicated=args.nodes > 1,
        )
        self.register_outputs({"endpoint": self.endpoint})

    @property
    def environment(self) -> Mapping[str, pulumi.Input[str]]:
        """How a program reaches it."""
        return {
            "CACHE_URL": self.url,
            **({"CACHE_CLUSTER": "true"} if self._args.shards else {}),
            **({"CACHE_SECRET_ARN": self.users.secret_arn} if self.users else {}),
        }

    def allow_from(self, *clients: Networked) -> None:
        """Let `clients` connect."""
        for client in clients:
            self.security_group.allow_from(client, PORT)

    def grant_secret(self, role: Role) -> list[aws.iam.RolePolicy]:
        """Let `role` read the user name and password; nothing to grant where nobody is asked for them."""
        return [self.users.grant_secret(role)] if self.users else []

    def _create_group(self) -> aws.elasticache.ReplicationGroup:
        args, name = self._args, self._name
        subnet_group = aws.elasticache.SubnetGroup(
            f"{name}-cache", subnet_ids=args.subnet_ids, opts=self._child
        )
        return aws.elasticache.ReplicationGroup(
            self._group_name,
            replication_group_id=self._group_id,
            description=f"Cache of {name}",
            engine=ENGINE,
            engine_version=args.engine_version,
            node_type=args.node_type,
            **self._size(),
            port=PORT,
            parameter_group_name=self._create_parameter_group().name,
            automatic_failover_enabled=args.automatic_failover,
            multi_az_enabled=args.automatic_failover,
            at_rest_encryption_enabled=True,
            kms_key_id=args.kms_key_arn,
            transit_encryption_enabled=args.transit_encryption,
            user_group_ids=[self.users.group_id] if self.users else None,
            subnet_group_name=subnet_group.name,
            security_group_ids=[self.security_group.resource.id],
            snapshot_retention_limit=args.snapshot_retention_days,
            snapshot_window=args.snapshot_window,
            # Pulumi names the subnet group anew each time it is made: so no two lives share a final snapshot.
            final_snapshot_identifier=pulumi.Output.concat(subnet_group.name, "-final")
            if args.protect
            else None,
            maintenance_window=args.maintenance_window,
            auto_minor_version_upgrade=args.auto_minor_upgrades,
            log_delivery_configurations=[self._deliver(log) for log in args.log_exports],
            apply_immediately=not args.protect,  # in production, changes wait for the maintenance window
            opts=self._child,
        )

    def _size(self) -> dict[str, Any]:
        """Nodes as a cluster counts them, or as one that is none does: the provider takes either."""
        args = self._args
        if args.shards:
            return {"num_node_groups": args.shards, "replicas_per_node_group": args.nodes - 1}
        return {"num_cache_clusters": args.nodes}

    def _create_parameter_group(self) -> aws.elasticache.ParameterGroup:
        args = self._args
        values = {
            "maxmemory-policy": args.eviction,
            **({"cluster-enabled": "yes"} if args.shards else {}),
            **args.parameters,
        }
        return aws.elasticache.ParameterGroup(
            f"{self._group_name}-cache",
            family=f"{ENGINE}{args.engine_version.partition('.')[0]}",
            description=f"Cache {self._name}",
            parameters=[{"name": name, "value": value} for name, value in values.items()],
            opts=self._child,
        )

    def _deliver(self, log: str) -> aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs:
        physical = naming.physical(self._name, LOG_GROUP_LIMIT // 2)
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-cache-{log}-log",
            name=f"/aws/vendedlogs/elasticache/{physical}/{log}",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=self._args.kms_key_arn,
            opts=self._child,
        )
        return aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs(
            destination_type="cloudwatch-logs",
            destination=group.name,
            log_format="json",
            log_type=f"{log}-log",
        )

    def _host(self) -> pulumi.Output[str]:
        if self._args.shards:
            return self.resource.configuration_endpoint_address
        return self.resource.primary_endpoint_address
