"""What one may do with a table, in the region where one is."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import policy
from infra.components.policy import Role, Statement

WRITES = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
"""With or without a condition: a conditional write asks for nothing beside."""

KEY_READS = ("kms:Decrypt", "kms:DescribeKey")
KEY_WRITES = ("kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")


@dataclass(frozen=True, kw_only=True)
class Access:
    """A table, or a replica of it, to those who use it.

    Attributes:
        key: what the program calls it.
        name: physical name, the same in every region.
        arn: of the table or the replica.
        queried: whether one key can have several items.
        indexes: names of its indexes.
        kms_key_arn: the key that encrypts it; None is one that AWS lets everybody use.
        owner: what the grants belong to.
    """

    key: str
    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    queried: bool
    indexes: Sequence[str]
    kms_key_arn: pulumi.Input[str] | None
    owner: pulumi.Resource

    def grant_read(self, role: Role, *, whole: bool = False) -> aws.iam.RolePolicy:
        """Let `role` read items by key, over the indexes too; with `whole`, everything in one go as well."""
        actions = [*self._reads(), *(["dynamodb:Scan"] if whole else [])]
        statements = [*self._statements(actions), *self._key_statements(KEY_READS)]
        return policy.grant(role, f"read-{self.key}", statements, self.owner)

    def grant_write(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read items by key, and put, update and delete them."""
        actions = self._statements([*self._reads(), *WRITES])
        statements = [*actions, *self._key_statements((*KEY_READS, *KEY_WRITES))]
        return policy.grant(role, f"write-{self.key}", statements, self.owner)

    def grant_put(self, role: Role, *, update: bool = False) -> aws.iam.RolePolicy:
        """Let `role` put items, without reading or deleting any; with `update`, change them in place too."""
        actions = ["dynamodb:PutItem", *(["dynamodb:UpdateItem"] if update else [])]
        statements = [policy.allow(actions, [self.arn]), *self._key_statements((*KEY_READS, *KEY_WRITES))]
        return policy.grant(role, f"put-{self.key}", statements, self.owner)

    def _reads(self) -> list[str]:
        return ["dynamodb:GetItem", "dynamodb:Query"] if self.queried else ["dynamodb:GetItem"]

    def _statements(self, actions: Sequence[str]) -> list[Statement]:
        statements = [policy.allow(actions, [self.arn])]
        if self.indexes:
            indexes = [pulumi.Output.concat(self.arn, "/index/", index) for index in self.indexes]
            statements.append(policy.allow(["dynamodb:Query"], indexes))
        return statements

    def _key_statements(self, actions: Sequence[str]) -> list[Statement]:
        """DynamoDB uses the key in the name of whoever uses the table; nobody needs it on their own."""
        if self.kms_key_arn is None:
            return []
        via = {"StringLike": {"kms:ViaService": "dynamodb.*.amazonaws.com"}}
        return [policy.allow(actions, [self.kms_key_arn], Condition=via)]
