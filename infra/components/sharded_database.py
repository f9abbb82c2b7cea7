"""A database that is one, or several of the same kind with a directory of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import policy
from infra.components.database import Database, DatabaseArgs
from infra.components.database_instance import PORT
from infra.components.policy import Role
from infra.components.proxy import Proxy, ProxyArgs
from infra.components.security_group import Networked
from infra.components.shard_directory import (
    DIRECTORY,
    ShardDirectory,
    ShardDirectoryArgs,
    ShardEntry,
)


@dataclass(frozen=True, kw_only=True)
class ShardedDatabaseArgs:
    """
    Attributes:
        shards: how many databases; 1 is a plain one.
        database: what each of them is made with.
        proxy: what stands before each primary; None is nothing.
    """

    shards: int
    database: DatabaseArgs
    proxy: ProxyArgs | None = None


class Shard:
    """One database, with a proxy or without.

    Attributes:
        number: from 1 on.
        database, proxy: its parts.
        writer: `host:port` for clients: of the proxy, where there is one.
    """

    def __init__(self, number: int, database: Database, proxy: Proxy | None) -> None:
        self.number = number
        self.database = database
        self.proxy = proxy
        self.writer: pulumi.Output[str] = proxy.endpoint if proxy else database.writer

    def allow_from(self, *clients: Networked) -> None:
        """Let `clients` connect; past the proxy only where there are replicas, which it cannot front."""
        if self.proxy:
            self.proxy.allow_from(*clients)
        if not self.proxy or self.database.replicas:
            self.database.allow_from(*clients)


class ShardedDatabase(pulumi.ComponentResource):
    """Databases of one kind. The first is called as a plain one is, so that it stays when others join it.

    Which rows live where is the program's to know; the directory says how each shard is reached. A shard is
    added by a higher number; it must be empty before a lower one takes it away.

    Resources: a database for each shard, with its proxy; from two on, a table with an item for each.

    Attributes:
        name: of the whole.
        shards: each of them.
        alarms: of all shards, and of their directory.
    """

    def __init__(
        self, name: str, args: ShardedDatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("blueprint:data:ShardedDatabase", name, None, opts)
        self.name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.shards = [self._create_shard(number) for number in range(1, args.shards + 1)]
        self.directory = self._create_directory() if args.shards > 1 else None
        parts = [part for shard in self.shards for part in (shard.database, shard.proxy)]
        self.alarms = [alarm for part in (*parts, self.directory) if part for alarm in part.alarms]
        self.register_outputs({"writer": self.writer})

    @property
    def writer(self) -> pulumi.Output[str]:
        """`host:port` of the first shard's primary, or of the proxy before it."""
        return self.shards[0].writer

    @property
    def readers(self) -> list[pulumi.Output[str]]:
        """`host:port` of each replica of the first shard."""
        return self.shards[0].database.readers

    @property
    def secret_arn(self) -> pulumi.Output[str]:
        """The secret of the first shard."""
        return self.shards[0].database.secret_arn

    @property
    def writers(self) -> list[pulumi.Output[str]]:
        """`host:port` of each shard for writes."""
        return [shard.writer for shard in self.shards]

    @property
    def environment(self) -> Mapping[str, pulumi.Input[str]]:
        """What a program is told of the shards beside the first one; nothing where that is the only one."""
        return self.directory.environment if self.directory else {}

    def allow_from(self, *clients: Networked) -> None:
        """Let `clients` connect to every shard."""
        for shard in self.shards:
            shard.allow_from(*clients)

    def allow_from_network(self, label: str, cidr: str) -> None:
        """Let the addresses of a network in another region, called `label`, write to every shard."""
        for shard in self.shards:
            entrance = shard.proxy or shard.database
            entrance.security_group.allow_from_network(label, cidr, PORT)

    def grant_secrets(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read the user names and passwords of all shards."""
        arns = [shard.database.secret_arn for shard in self.shards]
        statement = policy.allow(["secretsmanager:GetSecretValue"], arns)
        statements = [statement, *policy.decrypt(self._args.database.kms_key_arn)]
        return policy.grant(role, f"secret-{self.name}", statements, self)

    def grant_first_secret(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read user name and password of the first shard, which has what is not sharded."""
        statement = policy.allow(["secretsmanager:GetSecretValue"], [self.secret_arn])
        statements = [statement, *policy.decrypt(self._args.database.kms_key_arn)]
        return policy.grant(role, f"secret-{self.name}", statements, self)

    def grant_directory_read(self, role: Role) -> list[aws.iam.RolePolicy]:
        """Let `role` look shards up; nothing to grant where there is no directory."""
        return [self.directory.grant_read(role)] if self.directory else []

    def _create_shard(self, number: int) -> Shard:
        name = self.name if number == 1 else f"{self.name}-shard-{number}"
        database = Database(name, self._args.database, self._child)
        proxy = Proxy(name, self._args.proxy, database, self._child) if self._args.proxy else None
        return Shard(number, database, proxy)

    def _create_directory(self) -> ShardDirectory:
        entries = [
            ShardEntry(
                secret_arn=shard.database.secret_arn, writer=shard.writer, readers=shard.database.readers
            )
            for shard in self.shards
        ]
        database = self._args.database
        args = ShardDirectoryArgs(shards=entries, kms_key_arn=database.kms_key_arn, protect=database.protect)
        return ShardDirectory(DIRECTORY, args, self._child)
