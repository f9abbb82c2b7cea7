"""Backup: tags however a client spells the path; the recovery points of a vault, of which there are none.

Needed for moto 5.2.5, which finds tags only where a slash ends the path, and does not know recovery points.
"""

import json
from urllib.parse import unquote

from moto.backup import urls
from moto.backup.responses import BackupResponse

POINTS = "{0}/backup-vaults/(?P<name>[^/]+)/recovery-points"


def install() -> None:
    """Add the operation, and read the path to its end."""
    BackupResponse.list_tags = _list_tags  # type: ignore[method-assign]
    operation = list_recovery_points_by_backup_vault
    setattr(BackupResponse, operation.__name__, operation)
    for end in ("$", "/$"):
        urls.url_paths[f"{POINTS}{end}"] = BackupResponse.dispatch


def list_recovery_points_by_backup_vault(response: BackupResponse) -> str:
    """Answer ListRecoveryPointsByBackupVault: nothing is ever backed up here."""
    response.backup_backend.describe_backup_vault(response.path.split("/backup-vaults/")[1].split("/")[0])
    return json.dumps({"RecoveryPoints": []})


def _list_tags(self: BackupResponse) -> str:
    arn = unquote(self.path.partition("/tags/")[2].rstrip("/"))
    return json.dumps({"Tags": self.backup_backend.list_tags(resource_arn=arn)})
