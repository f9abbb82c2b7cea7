"""Who watches over a region, and over what it costs."""

from infra.components.budget import Budget, BudgetArgs
from infra.components.observability import Observability, ObservabilityArgs
from infra.tiers.region import Region


class Operations:
    """The operators' view of a region; comes last, when everything that is watched is there."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._settings = region.settings
        self.observability = self._observability()
        if region.primary and self._settings.operations.budget:
            self._budget(self._settings.operations.budget)

    def _observability(self) -> Observability:
        region = self._region
        args = ObservabilityArgs(
            region=region.code,
            account_id=region.account_id,
            email=self._settings.alarm_email,
            alarms=region.registry.alarms(),
            dashboards=self._settings.operations.dashboards,
            kms_key_arn=region.key_arn,
        )
        return Observability(region.named("alarms"), args, region.opts)

    def _budget(self, monthly_usd: int) -> None:
        args = BudgetArgs(
            monthly_usd=monthly_usd,
            cost_tag=("Stack", self._settings.stack),
            topic_arn=self.observability.topic_arn,
        )
        Budget("budget", args, self._region.opts)
