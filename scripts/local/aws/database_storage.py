"""RDS instances whose storage is full, as whoever keeps them found it: moto measures nothing.

`PUT /_blueprint/database-storage` tells it, with a JSON object: the `arn` of an instance, and whether it is
`full`. Its status is `storage-full` then, and `available` again afterwards; any other status stays. Of the
former, RDS also tells by its event RDS-EVENT-0007.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
"""

from typing import Any

from moto.rds.models import DBInstance, Event, rds_backends
from pydantic import BaseModel, ConfigDict, Field

FULL, AVAILABLE = "storage-full", "available"
EXHAUSTED = "DB_INSTANCE_STORAGE_EXHAUSTED"
MESSAGE = "Allocated storage has been exhausted. Allocate additional storage to resolve."


class Report(BaseModel):
    """What was found of an instance's storage."""

    model_config = ConfigDict(extra="forbid")

    arn: str = Field(pattern="^arn:aws:rds:[^:]+:[^:]+:db:[^:]+$")
    full: bool


def install() -> None:
    """Have moto know the event."""
    Event.EVENT_MAP[EXHAUSTED] = {"Categories": ["low storage"], "Message": MESSAGE}


def tell(document: bytes) -> dict[str, Any]:
    """Take a report, and return the status of the instance, None where there is no such instance.

    Raises:
        pydantic.ValidationError: it is none.
    """
    report = Report.model_validate_json(document)
    _, _, _, region, account, _, identifier = report.arn.split(":")
    instance: DBInstance | None = rds_backends[account][region].databases.get(identifier)
    if instance is None:
        return {"status": None}
    before, after = (AVAILABLE, FULL) if report.full else (FULL, AVAILABLE)
    if instance.status == before:
        instance.status = after
        if report.full:
            instance.add_event(EXHAUSTED)
    return {"status": instance.status}
