"""A database of another region, as this one has it: read here, written there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from infra.components import policy
from infra.components.database_copies import ReplicaDatabase, ReplicaDatabaseArgs
from infra.components.database_instance import PORT
from infra.components.policy import Role
from infra.components.security_group import Networked
from infra.components.shard_directory import (
    DIRECTORY,
    ShardDirectory,
    ShardDirectoryArgs,
    ShardEntry,
)
from infra.components.sharded_database import ShardedDatabase

ANY_END = "-??????"
"""What Secrets Manager appends to the name of a secret in its ARN."""


@dataclass(frozen=True, kw_only=True)
class ShardedReplicaArgs:
    """
    Attributes:
        source: the database in its own region; its secrets are kept in this one as well.
        region, account_id: this one, and whose everything is.
        replicas: what the replica of each shard is made with, in their order.
        clients: addresses of those who write to the source from here.
        writers: addresses that they find it at.
    """

    source: ShardedDatabase
    region: str
    account_id: pulumi.Input[str]
    replicas: Sequence[ReplicaDatabaseArgs]
    clients: IPv4Network
    writers: IPv4Network


class ShardedReplica(pulumi.ComponentResource):
    """A replica of each shard, in front of which a program stands as in front of a `ShardedDatabase`.

    Security groups of two regions cannot name each other: those who write are let through by addresses.

    Resources: a replica for each shard; from two on, a directory of its own, since addresses and secrets are
    others here; rules that let clients out of this region and into the other.

    Attributes:
        replicas: one a shard.
        alarms: of all replicas, and of the directory.
    """

    def __init__(
        self, name: str, args: ShardedReplicaArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("blueprint:data:ShardedReplica", name, None, opts)
        self._name = name
        self._args = args
        self._source = args.source
        self._child = pulumi.ResourceOptions(parent=self)
        self.replicas = [
            ReplicaDatabase(name if number == 1 else f"{name}-shard-{number}", replica, self._child)
            for number, replica in enumerate(args.replicas, start=1)
        ]
        self.directory = self._create_directory() if args.source.directory else None
        self.alarms = [alarm for part in (*self.replicas, self.directory) if part for alarm in part.alarms]
        args.source.allow_from_network(args.region, str(args.clients))
        self.register_outputs({"readers": self.readers})

    @property
    def writer(self) -> pulumi.Output[str]:
        """`host:port` of the first shard for writes, in its own region."""
        return self._source.writer

    @property
    def readers(self) -> list[pulumi.Output[str]]:
        """`host:port` of the replica of the first shard."""
        return [self.replicas[0].reader]

    @property
    def secret_arn(self) -> pulumi.Output[str]:
        """The secret of the first shard, as it is kept here."""
        return self._secret_arns[0]

    @property
    def environment(self) -> Mapping[str, pulumi.Input[str]]:
        """What a program is told of the shards beside the first one; nothing where that is the only one."""
        return self.directory.environment if self.directory else {}

    def allow_from(self, *clients: Networked) -> None:
        """Let `clients` read every replica, and write to every shard in its own region."""
        for client in clients:
            client.security_group.allow_to_network("primaries", str(self._args.writers), PORT)
            for replica in self.replicas:
                replica.allow_from(client)

    def grant_secrets(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read the user names and passwords of all shards."""
        arns = [pulumi.Output.concat(arn, ANY_END) for arn in self._secret_arns]
        statement = policy.allow(["secretsmanager:GetSecretValue"], arns)
        return policy.grant(role, f"secret-{self._name}", [statement], self)

    def grant_directory_read(self, role: Role) -> list[aws.iam.RolePolicy]:
        """Let `role` look shards up; nothing to grant where there is no directory."""
        return [self.directory.grant_read(role)] if self.directory else []

    @property
    def _secret_arns(self) -> list[pulumi.Output[str]]:
        args = self._args
        return [it.database.secret_arn_in(args.region, args.account_id) for it in args.source.shards]

    def _create_directory(self) -> ShardDirectory:
        parts = zip(self._secret_arns, self._source.writers, self.replicas, strict=True)
        entries = [
            ShardEntry(secret_arn=secret, writer=writer, readers=[replica.reader])
            for secret, writer, replica in parts
        ]
        first = self._args.replicas[0]
        args = ShardDirectoryArgs(shards=entries, kms_key_arn=first.kms_key_arn, protect=first.protect)
        return ShardDirectory(f"{DIRECTORY}-{self._args.region}", args, self._child)
