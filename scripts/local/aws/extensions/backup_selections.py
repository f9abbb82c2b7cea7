"""Backup: what a plan backs up, and who hears of a vault. Needed for moto 5.2.5, which has neither."""

import json
from typing import Any

from moto.backup import urls
from moto.backup.exceptions import ResourceNotFoundException
from moto.backup.responses import BackupResponse
from moto.core.utils import unix_time
from moto.moto_api._internal import mock_random


def install() -> None:
    """Add the operations to moto's Backup, and the address that it does not know."""
    for operation in (
        create_backup_selection,
        get_backup_selection,
        list_backup_selections,
        delete_backup_selection,
        put_backup_vault_notifications,
        get_backup_vault_notifications,
        delete_backup_vault_notifications,
    ):
        setattr(BackupResponse, operation.__name__, operation)
    path = "{0}/backup-vaults/(?P<name>[^/]+)/notification-configuration$"
    urls.url_paths[path] = BackupResponse.dispatch


def create_backup_selection(response: BackupResponse) -> str:
    """Answer CreateBackupSelection."""
    plan_id = _plan_id(response)
    selection = {
        "SelectionId": str(mock_random.uuid4()),
        "BackupPlanId": plan_id,
        "CreationDate": unix_time(),
        "BackupSelection": json.loads(response.body)["BackupSelection"],
    }
    _selections(response, plan_id)[selection["SelectionId"]] = selection
    return json.dumps({key: value for key, value in selection.items() if key != "BackupSelection"})


def get_backup_selection(response: BackupResponse) -> str:
    """Answer GetBackupSelection."""
    return json.dumps(_found(response))


def list_backup_selections(response: BackupResponse) -> str:
    """Answer ListBackupSelections, in one page."""
    found = [
        {
            **{key: each[key] for key in ("SelectionId", "BackupPlanId", "CreationDate")},
            "SelectionName": each["BackupSelection"]["SelectionName"],
            "IamRoleArn": each["BackupSelection"]["IamRoleArn"],
        }
        for each in _selections(response, _plan_id(response)).values()
    ]
    return json.dumps({"BackupSelectionsList": found})


def delete_backup_selection(response: BackupResponse) -> str:
    """Answer DeleteBackupSelection."""
    del _selections(response, _plan_id(response))[_found(response)["SelectionId"]]
    return "{}"


def put_backup_vault_notifications(response: BackupResponse) -> str:
    """Answer PutBackupVaultNotifications."""
    vars(_vault(response))["notifications"] = json.loads(response.body)
    return "{}"


def get_backup_vault_notifications(response: BackupResponse) -> str:
    """Answer GetBackupVaultNotifications."""
    vault = _vault(response)
    notifications = vars(vault).get("notifications")
    if notifications is None:
        raise ResourceNotFoundException(msg="Failed reading notifications from database for Backup vault")
    names = {"BackupVaultName": vault.backup_vault_name, "BackupVaultArn": vault.backup_vault_arn}
    return json.dumps({**names, **notifications})


def delete_backup_vault_notifications(response: BackupResponse) -> str:
    """Answer DeleteBackupVaultNotifications."""
    vars(_vault(response)).pop("notifications", None)
    return "{}"


def _plan_id(response: BackupResponse) -> str:
    return str(response.path.split("/plans/")[1].split("/")[0])


def _selections(response: BackupResponse, plan_id: str) -> dict[str, dict[str, Any]]:
    plan = response.backup_backend.get_backup_plan(plan_id, None)
    selections: dict[str, dict[str, Any]] = vars(plan).setdefault("selections", {})
    return selections


def _found(response: BackupResponse) -> dict[str, Any]:
    selection = _selections(response, _plan_id(response)).get(response.path.rpartition("/")[2])
    if selection is None:
        raise ResourceNotFoundException(msg="Cannot find Backup selection")
    return selection


def _vault(response: BackupResponse) -> Any:
    return response.backup_backend.describe_backup_vault(response.path.split("/")[-2])
