"""RDS: a Multi-AZ instance has a second zone, and a reboot with failover makes that one the first.

Needed for moto 5.2.5, whose instances have one zone and whose reboots do nothing. What RDS tells of a
failover are its events RDS-EVENT-0013, 0006 and 0049.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import InvalidParameterCombination
from moto.rds.models import DBInstance, Event
from moto.rds.responses import RDSResponse

EVENTS = {
    "DB_INSTANCE_FAILOVER_START": ("failover", "Multi-AZ instance failover started."),
    "DB_INSTANCE_RESTART": ("availability", "DB instance restarted"),
    "DB_INSTANCE_FAILOVER_FINISH": ("failover", "Multi-AZ instance failover completed"),
}


def install() -> None:
    """Say where the standby is; swap it with the primary, and tell."""
    for name, (category, message) in EVENTS.items():
        Event.EVENT_MAP[name] = {"Categories": [category], "Message": message}
    DBInstance.standby_zone = None  # type: ignore[attr-defined]
    DBInstance.secondary_availability_zone = property(_secondary)  # type: ignore[attr-defined]
    RDSResponse.reboot_db_instance = _reboot  # type: ignore[method-assign]


def _secondary(self: DBInstance) -> str | None:
    """Return the zone of the standby: where the primary was before, or another zone of its subnets."""
    if not self.multi_az:
        return None
    if self.standby_zone is None:  # type: ignore[attr-defined]
        self.standby_zone = next(zone for zone in _zones(self) if zone != self.availability_zone)  # type: ignore[attr-defined]
    zone: str = self.standby_zone  # type: ignore[attr-defined]
    return zone


def _zones(instance: DBInstance) -> list[str]:
    """Return the zones of the subnet group, and the first ones of the region in case these are too few."""
    group = getattr(instance, "db_subnet_group", None)
    subnets = group.subnets if group else []
    of_group = sorted({subnet["SubnetAvailabilityZone"]["Name"] for subnet in subnets})
    return [*of_group, f"{instance.region}a", f"{instance.region}b"]


def _reboot(self: RDSResponse) -> ActionResult:
    instance: Any = self.backend.reboot_db_instance(self.params["DBInstanceIdentifier"])
    fails_over = self.params.get("ForceFailover", False)
    if fails_over and not instance.multi_az:
        raise InvalidParameterCombination(
            "ForceFailover cannot be specified since the instance is not configured for either MultiAZ or"
            " High Availability"
        )
    if fails_over:
        zone = instance.secondary_availability_zone
        instance.standby_zone, instance.availability_zone = instance.availability_zone, zone
        instance.add_event("DB_INSTANCE_FAILOVER_START")
    instance.add_event("DB_INSTANCE_RESTART")
    if fails_over:
        instance.add_event("DB_INSTANCE_FAILOVER_FINISH")
    return ActionResult({"DBInstance": instance})
