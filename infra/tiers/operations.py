"""What watches over the stack."""

from infra.components.alarms import Alarms, AlarmsArgs, Watchable
from infra.tiers.region import Region


class Operations:
    """The alarms of a region."""

    def __init__(self, region: Region, *watched: Watchable) -> None:
        args = AlarmsArgs(email=region.settings.alarm_email)
        alarms = Alarms(region.named("alarms"), args, region.opts)
        alarms.watch(*watched)
