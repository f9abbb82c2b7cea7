"""The directory of shards: a table that says how each of them is reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components.policy import Role
from infra.components.tables import Table, Tables, TablesArgs

DIRECTORY = "shard-directory"
SHARD = "shard"
"""Its key."""


@dataclass(frozen=True, kw_only=True)
class ShardEntry:
    """How one shard is reached.

    Attributes:
        secret_arn: user name and password.
        writer: `host:port` for writes.
        readers: `host:port` of each replica.
    """

    secret_arn: pulumi.Input[str]
    writer: pulumi.Input[str]
    readers: Sequence[pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class ShardDirectoryArgs:
    """
    Attributes:
        shards: each of them, by its place from 1 on.
        kms_key_arn: key that encrypts the table; None is AWS's own.
        protect: refuse deletion, and keep every state of the last 35 days.
    """

    shards: Sequence[ShardEntry]
    kms_key_arn: pulumi.Input[str] | None = None
    protect: bool


class ShardDirectory(pulumi.ComponentResource):
    """How shards are reached from one region: from another, addresses and secrets are others.

    Resources: a table with an item for each shard, by its number.

    Attributes:
        environment: the variables by which a program finds the shards and their directory.
        alarms: of the table.
    """

    def __init__(
        self, name: str, args: ShardDirectoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("blueprint:data:ShardDirectory", name, None, opts)
        self._name = name
        tables = TablesArgs(
            tables={name: Table(key=SHARD)}, kms_key_arn=args.kms_key_arn, protect=args.protect
        )
        self._tables = Tables(name, tables, pulumi.ResourceOptions(parent=self))
        self.alarms = self._tables.alarms
        for number, shard in enumerate(args.shards, start=1):
            self._put(number, shard)
        writers = pulumi.Output.all(*(shard.writer for shard in args.shards)).apply(",".join)
        self.environment: Mapping[str, pulumi.Input[str]] = {
            "DATABASE_SHARDS": writers,
            "DATABASE_SHARD_DIRECTORY": self._tables[name].name,
        }
        self.register_outputs({})

    def grant_read(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` look shards up."""
        return self._tables[self._name].grant_read(role, whole=True)

    def _put(self, number: int, shard: ShardEntry) -> None:
        values = {
            "secret_arn": shard.secret_arn,
            "writer": shard.writer,
            "readers": pulumi.Output.all(*shard.readers).apply(",".join),
        }
        self._tables.put(self._name, str(number), values)
