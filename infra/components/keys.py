"""The stack's own encryption key, for those who must be able to take it away."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.policy import Role, Statement

ALIAS_LIMIT = 256

SERVICES = (
    "backup.amazonaws.com",
    "budgets.amazonaws.com",
    "cloudwatch.amazonaws.com",
    "events.amazonaws.com",
    "sns.amazonaws.com",
)
"""Services that put messages into encrypted queues and topics on their own behalf."""

LOGS = ("kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*")
"""What CloudWatch Logs does with a log group's key."""


@dataclass(frozen=True, kw_only=True)
class KeyArgs:
    """
    Attributes:
        region: where it is; only log groups there may use it.
        account_id: whose administrators manage the key.
        rotation_days: after how many days AWS makes new key material, 90 to 2,560.
        protect: wait the longest that AWS allows, 30 days, before a deleted key is gone.
    """

    region: str
    account_id: pulumi.Input[str]
    rotation_days: int
    protect: bool


class Key(pulumi.ComponentResource):
    """A key that AWS KMS rotates.

    Whoever is to use it is granted that by IAM, which the key's policy leaves to the account; only services
    that act for nobody are named in the policy itself, each held to this account.

    Resources: key, alias.

    Attributes:
        arn: of the key.
    """

    def __init__(self, name: str, args: KeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:security:Key", name, None, opts)
        self._name = name
        child = pulumi.ResourceOptions(parent=self)
        key = aws.kms.Key(
            name,
            description=naming.physical(name, ALIAS_LIMIT),
            enable_key_rotation=True,
            rotation_period_in_days=args.rotation_days,
            deletion_window_in_days=30 if args.protect else 7,
            policy=policy.document(_administrators(args), _services(args), _logs(args)),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        aws.kms.Alias(
            name, name=f"alias/{naming.physical(name, ALIAS_LIMIT - 6)}", target_key_id=key.key_id, opts=child
        )
        self.arn: pulumi.Output[str] = key.arn
        self.register_outputs({"arn": self.arn})

    def grant_use(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read and write what the key encrypts, as far as it may reach that at all."""
        statement = policy.allow(["kms:Decrypt", "kms:GenerateDataKey"], [self.arn])
        return policy.grant(role, f"use-{self._name}", [statement], self)


def _administrators(args: KeyArgs) -> Statement:
    """Without this statement, nobody could ever change the key again."""
    account = pulumi.Output.concat("arn:aws:iam::", args.account_id, ":root")
    return {**policy.allow(["kms:*"], ["*"]), "Sid": "Administrators", "Principal": {"AWS": account}}


def _services(args: KeyArgs) -> Statement:
    return {
        **policy.allow(["kms:Decrypt", "kms:GenerateDataKey"], ["*"]),
        "Sid": "Messages",
        "Principal": {"Service": list(SERVICES)},
        "Condition": {"StringEquals": {"aws:SourceAccount": args.account_id}},
    }


def _logs(args: KeyArgs) -> Statement:
    groups = pulumi.Output.concat(f"arn:aws:logs:{args.region}:", args.account_id, ":log-group:*")
    return {
        **policy.allow(LOGS, ["*"]),
        "Sid": "Logs",
        "Principal": {"Service": f"logs.{args.region}.amazonaws.com"},
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    }
