"""Key-value tables on DynamoDB, paid by request."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.policy import Role

NAME_LIMIT = 255


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table.

    Attributes:
        key: name of the partition key, a string.
        expires: name of the attribute with the second (Unix time) after which DynamoDB drops an item; None
            keeps items.
    """

    key: str
    expires: str | None = None


@dataclass(frozen=True, kw_only=True)
class TablesArgs:
    """
    Attributes:
        tables: by name.
        protect: refuse deletion, and keep every state of the last 35 days.
    """

    tables: Mapping[str, Table]
    protect: bool


class Tables(pulumi.ComponentResource):
    """Tables that share a policy of protection.

    Resources: a table for each; an item for each that is `put`.
    """

    def __init__(self, name: str, args: TablesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:data:Tables", name, None, opts)
        self._keys = {key: table.key for key, table in args.tables.items()}
        self._tables = {
            key: aws.dynamodb.Table(
                key,
                name=naming.physical(key, NAME_LIMIT),
                billing_mode="PAY_PER_REQUEST",
                hash_key=table.key,
                attributes=[{"name": table.key, "type": "S"}],
                ttl={"attribute_name": table.expires, "enabled": True} if table.expires else None,
                point_in_time_recovery={"enabled": args.protect},
                deletion_protection_enabled=args.protect,
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            )
            for key, table in args.tables.items()
        }
        self.register_outputs({})

    @property
    def arns(self) -> list[pulumi.Output[str]]:
        """The ARN of each table."""
        return [table.arn for table in self._tables.values()]

    def name(self, table: str) -> pulumi.Output[str]:
        """The physical name of `table`."""
        return self._tables[table].name

    def put(self, table: str, key: str, values: Mapping[str, pulumi.Input[str]]) -> None:
        """Have an item in `table` under `key`, with these attributes."""

        def item(known: Mapping[str, str]) -> str:
            return json.dumps({name: {"S": value} for name, value in known.items()})

        hash_key = self._keys[table]
        aws.dynamodb.TableItem(
            f"{table}-{key}",
            table_name=self._tables[table].name,
            hash_key=hash_key,
            item=pulumi.Output.all(**{hash_key: key, **values}).apply(item),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def grant_read(self, table: str, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read single items of `table`, or all of them."""
        actions = ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan")
        return policy.grant(role, f"read-{table}", [policy.allow(actions, [self._tables[table].arn])], self)

    def grant_write(self, table: str, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read and change single items of `table`."""
        actions = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
        return policy.grant(role, f"write-{table}", [policy.allow(actions, [self._tables[table].arn])], self)
