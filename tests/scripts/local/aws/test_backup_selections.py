"""What AWS Backup backs up, and who hears of it."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::123456789012:role/backups"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/carts"
SELECTION = {"SelectionName": "data", "IamRoleArn": ROLE, "Resources": [TABLE]}


def a_plan(backup: Any, name: str) -> str:
    rule = {"RuleName": "daily", "TargetBackupVaultName": "vault"}
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": name, "Rules": [rule]})
    return str(plan["BackupPlanId"])


def test_a_selection_reads_back_until_it_is_deleted(aws: Callable[[str], Any]) -> None:
    backup = aws("backup")
    plan_id = a_plan(backup, "selected")

    made = backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=SELECTION)["SelectionId"]
    read = backup.get_backup_selection(BackupPlanId=plan_id, SelectionId=made)
    (listed,) = backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"]
    backup.delete_backup_selection(BackupPlanId=plan_id, SelectionId=made)

    assert read["BackupSelection"] == SELECTION
    assert (listed["SelectionId"], listed["SelectionName"]) == (made, "data")
    assert not backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"]
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.get_backup_selection(BackupPlanId=plan_id, SelectionId=made)


def test_a_vault_says_who_hears_of_it(aws: Callable[[str], Any]) -> None:
    backup = aws("backup")
    backup.create_backup_vault(BackupVaultName="heard")
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.get_backup_vault_notifications(BackupVaultName="heard")

    backup.put_backup_vault_notifications(
        BackupVaultName="heard", SNSTopicArn=TOPIC, BackupVaultEvents=["BACKUP_JOB_FAILED"]
    )
    read = backup.get_backup_vault_notifications(BackupVaultName="heard")
    backup.delete_backup_vault_notifications(BackupVaultName="heard")

    assert (read["SNSTopicArn"], read["BackupVaultEvents"]) == (TOPIC, ["BACKUP_JOB_FAILED"])
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.get_backup_vault_notifications(BackupVaultName="heard")


def test_vaults_and_plans_keep_their_tags(aws: Callable[[str], Any]) -> None:
    backup = aws("backup")
    vault = backup.create_backup_vault(BackupVaultName="tagged", BackupVaultTags={"Stack": "dev"})

    assert backup.list_tags(ResourceArn=vault["BackupVaultArn"])["Tags"] == {"Stack": "dev"}


def test_moto_itself_still_has_no_selections(moto: Callable[[str], Any]) -> None:
    backup = moto("backup")
    plan_id = a_plan(backup, "unselected")

    with pytest.raises(ClientError):
        backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=SELECTION)
