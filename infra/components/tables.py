"""Key-value tables on DynamoDB, paid by request."""

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
        expires: name of the attribute with the second (Unix time) after which DynamoDB drops an item.
    """

    key: str
    expires: str


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

    Resources: a table for each.
    """

    def __init__(self, name: str, args: TablesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:data:Tables", name, None, opts)
        self._tables = {
            key: aws.dynamodb.Table(
                key,
                name=naming.physical(key, NAME_LIMIT),
                billing_mode="PAY_PER_REQUEST",
                hash_key=table.key,
                attributes=[{"name": table.key, "type": "S"}],
                ttl={"attribute_name": table.expires, "enabled": True},
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

    def grant_write(self, table: str, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read and change single items of `table`."""
        actions = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
        return policy.grant(role, f"write-{table}", [policy.allow(actions, [self._tables[table].arn])], self)
