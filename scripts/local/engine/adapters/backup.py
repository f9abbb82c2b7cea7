"""aws:backup: vaults, plans, and what they back up."""

from typing import Any

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource

PLAN = {
    "name": "BackupPlanName",
    "targetVaultName": "TargetBackupVaultName",
    "schedule": "ScheduleExpression",
    "scheduleTimezone": "ScheduleExpressionTimezone",
    "startWindow": "StartWindowMinutes",
    "completionWindow": "CompletionWindowMinutes",
    "coldStorageAfter": "MoveToColdStorageAfterDays",
    "deleteAfter": "DeleteAfterDays",
    "destinationVaultArn": "DestinationBackupVaultArn",
}


@creates("aws:backup/vault:Vault")
def vault(resource: Resource) -> Created:
    """Create a vault."""
    resource.without_effect("forceDestroy")
    tags = resource.take_tags()
    name = resource.take_name(limit=50)
    given: dict[str, Any] = {"EncryptionKeyArn": key} if (key := resource.take("kmsKeyArn")) else {}
    created = resource.call(
        "backup", "create_backup_vault", BackupVaultName=name, BackupVaultTags=tags, **given
    )
    return name, {"name": name, "arn": created["BackupVaultArn"]}


@creates("aws:backup/vaultLockConfiguration:VaultLockConfiguration")
def vault_lock(resource: Resource) -> Created:
    """Let nobody delete a vault's backups too soon."""
    values = resource.rest()
    resource.send("backup", "put_backup_vault_lock_configuration", values)
    return values["backupVaultName"], {}


@creates("aws:backup/vaultNotifications:VaultNotifications")
def vault_notifications(resource: Resource) -> Created:
    """Say who hears of a vault's events."""
    values = resource.rest()
    names = {"snsTopicArn": "SNSTopicArn"}
    resource.send("backup", "put_backup_vault_notifications", values, names)
    return values["backupVaultName"], {}


@creates("aws:backup/plan:Plan")
def plan(resource: Resource) -> Created:
    """Create a plan."""
    tags = resource.take_tags()
    given = {"backupPlan": resource.rest()}
    created = resource.send("backup", "create_backup_plan", given, PLAN, BackupPlanTags=tags)
    return created["BackupPlanId"], {"arn": created["BackupPlanArn"], "version": created["VersionId"]}


@creates("aws:backup/selection:Selection")
def selection(resource: Resource) -> Created:
    """Say what a plan backs up."""
    plan_id = resource.take("planId")
    given = {"backupSelection": {"selectionName": resource.take("name"), **resource.rest()}}
    created = resource.send("backup", "create_backup_selection", given, BackupPlanId=plan_id)
    return created["SelectionId"], {}
