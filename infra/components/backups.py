"""Backups: what is kept of the data elsewhere, for how long, and that nobody deletes it sooner."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy

VAULT_NAME_LIMIT = 50
PLAN_NAME_LIMIT = 50

AWS_POLICIES = ("AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores")
"""AWS's own: backing up takes rights in every service that has data, which AWS extends with its services."""

EVENTS = ("BACKUP_JOB_FAILED", "COPY_JOB_FAILED", "RESTORE_JOB_COMPLETED", "BACKUP_JOB_EXPIRED")


@dataclass(frozen=True, kw_only=True)
class VaultArgs:
    """
    Attributes:
        kms_key_arn: key that the backups are encrypted with; None is AWS's own.
        least_days: nobody deletes a backup sooner, whatever they may do otherwise; None lets them.
        protect: refuse to be deleted with backups inside.
    """

    protect: bool
    kms_key_arn: pulumi.Input[str] | None = None
    least_days: int | None = None


class Vault(pulumi.ComponentResource):
    """Where backups lie.

    Resources: vault; its lock (with `least_days`), in governance mode: whoever may administer AWS Backup can
    lift it, on purpose and on record.

    Attributes:
        arn, name: of the vault.
    """

    def __init__(self, name: str, args: VaultArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:data:Vault", name, None, opts)
        vault = aws.backup.Vault(
            name,
            name=naming.physical(name, VAULT_NAME_LIMIT),
            kms_key_arn=args.kms_key_arn,
            force_destroy=not args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        if args.least_days:
            aws.backup.VaultLockConfiguration(
                name,
                backup_vault_name=vault.name,
                min_retention_days=args.least_days,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.arn: pulumi.Output[str] = vault.arn
        self.name: pulumi.Output[str] = vault.name
        self.register_outputs({"arn": self.arn})


@dataclass(frozen=True, kw_only=True)
class BackupsArgs:
    """
    Attributes:
        resource_arns: what is backed up: databases, tables, buckets.
        vault: where to.
        copy_to: ARN of a vault in another region that gets a copy of every daily backup.
        daily_days: how long a daily backup is kept.
        monthly_days: how long the first backup of a month is kept; None takes none.
        topic_arn: who hears of a backup that failed.
    """

    resource_arns: Sequence[pulumi.Input[str]]
    vault: Vault
    copy_to: pulumi.Input[str] | None = None
    daily_days: int
    monthly_days: int | None = None
    topic_arn: pulumi.Input[str] | None = None


class Backups(pulumi.ComponentResource):
    """A plan that backs up what it is given, day by day, beside what each service does for itself.

    Resources: role with AWS's policies, plan, selection; notifications (with a topic).
    """

    def __init__(self, name: str, args: BackupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:data:Backups", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = policy.service_role(name, "backup.amazonaws.com", "Backs up the data", child)
        attached = [policy.attach(role, f"service-role/{each}", child) for each in AWS_POLICIES]
        plan = aws.backup.Plan(
            name, name=naming.physical(name, PLAN_NAME_LIMIT), rules=_rules(args), opts=child
        )
        aws.backup.Selection(
            name,
            name=naming.physical(name, PLAN_NAME_LIMIT),
            plan_id=plan.id,
            iam_role_arn=role.resource.arn,
            resources=args.resource_arns,
            opts=pulumi.ResourceOptions(parent=self, depends_on=attached),
        )
        if args.topic_arn is not None:
            aws.backup.VaultNotifications(
                name,
                backup_vault_name=args.vault.name,
                sns_topic_arn=args.topic_arn,
                backup_vault_events=list(EVENTS),
                opts=child,
            )
        self.register_outputs({})


def _rules(args: BackupsArgs) -> list[aws.backup.PlanRuleArgsDict]:
    daily: aws.backup.PlanRuleArgsDict = {
        "rule_name": "daily",
        "target_vault_name": args.vault.name,
        "schedule": "cron(0 4 * * ? *)",
        "start_window": 60,  # minutes
        "completion_window": 480,
        "lifecycle": {"delete_after": args.daily_days},
    }
    if args.copy_to is not None:
        daily["copy_actions"] = [
            {"destination_vault_arn": args.copy_to, "lifecycle": {"delete_after": args.daily_days}}
        ]
    if args.monthly_days is None:
        return [daily]
    monthly: aws.backup.PlanRuleArgsDict = {
        "rule_name": "monthly",
        "target_vault_name": args.vault.name,
        "schedule": "cron(0 5 1 * ? *)",
        "start_window": 60,
        "completion_window": 1_440,
        "lifecycle": {"delete_after": args.monthly_days},
    }
    return [daily, monthly]
