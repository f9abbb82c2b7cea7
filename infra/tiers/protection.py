"""What is kept of the data, where nothing that happens to the data reaches it."""

import pulumi

from infra.components.backups import Backups, BackupsArgs, Vault, VaultArgs
from infra.tiers.data import Data
from infra.tiers.region import Location


class Protection:
    """The backups of a stack."""

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

    @staticmethod
    def _vault(location: Location) -> Vault:
        settings = location.settings
        args = VaultArgs(
            protect=settings.protect,
            kms_key_arn=location.key_arn,
            least_days=settings.backups.lock_days if settings.protect else None,
        )
        return Vault(location.named("backups"), args, location.opts)
