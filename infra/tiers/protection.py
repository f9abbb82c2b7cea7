"""What is kept of the data, where nothing that happens to the data reaches it."""

import pulumi

from infra.components.backups import Backups, BackupsArgs, Vault, VaultArgs
from infra.components.database_copies import BackupCopy, BackupCopyArgs
from infra.tiers.data import Data
from infra.tiers.region import Location

RDS_DAYS = 35
"""The longest that RDS keeps automated backups."""


class Protection:
    """The backups of a stack, and what another region has of them."""

    def __init__(
        self, region: Location, second: Location | None, data: Data, topic_arn: pulumi.Output[str]
    ) -> None:
        settings = region.settings.backups
        if settings.daily_days is None:
            return
        copy_to = self._vault(second).arn if second and settings.copied else None
        args = BackupsArgs(
            resource_arns=data.backed_up,
            vault=self._vault(region),
            copy_to=copy_to,
            daily_days=settings.daily_days,
            monthly_days=settings.monthly_days,
            topic_arn=topic_arn,
        )
        Backups("backups", args, region.opts)
        if second and settings.copied and second.key_arn is not None:
            self._follow(second, second.key_arn, data, settings.daily_days)

    @staticmethod
    def _follow(second: Location, key_arn: pulumi.Output[str], data: Data, days: int) -> None:
        """Copy what RDS backs up as it arises: the daily copies alone may be a day old."""
        for shard in data.database.shards:
            args = BackupCopyArgs(
                source_arn=shard.database.primary.arn,
                retention_days=min(days, RDS_DAYS),
                kms_key_arn=key_arn,
            )
            BackupCopy(second.named(f"database-{shard.number}-backups"), args, second.opts)

    @staticmethod
    def _vault(location: Location) -> Vault:
        settings = location.settings
        args = VaultArgs(
            protect=settings.protect,
            kms_key_arn=location.key_arn,
            least_days=settings.backups.lock_days if settings.protect else None,
        )
        return Vault(location.named("backups"), args, location.opts)
