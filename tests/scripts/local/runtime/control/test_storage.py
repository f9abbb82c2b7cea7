"""Databases grow when little of their storage has been free for a while, and no further than they may."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.control.minute import MINUTE
from scripts.local.runtime.control.storage import DAY, StorageAutoscaling, grown, of_databases
from scripts.local.runtime.databases.storage import GIB, Volume

if TYPE_CHECKING:
    from scripts.local.runtime.databases import Databases

NOW = 1_800_000_000.0


class Standing:
    """Databases whose storage is as AWS describes it, and takes what a test says."""

    def __init__(self, context: Context, used: float) -> None:
        self._rds = context.aws.client("rds")
        self.used = used

    def volumes(self) -> dict[str, Volume]:
        return {
            one["DBInstanceIdentifier"]: Volume(
                allocated=one["AllocatedStorage"],
                maximum=one.get("MaxAllocatedStorage"),
                used=round(self.used * GIB),
            )
            for one in self._rds.describe_db_instances()["DBInstances"]
        }

    def sizes(self) -> list[int]:
        return [one.allocated for one in self.volumes().values()]


@pytest.fixture
def deploy(context: Context) -> Any:
    """Deploy an instance that may grow, and show its storage."""
    rds = context.aws.client("rds")

    def deploy(*, allocated: int, maximum: int, used: float) -> Standing:
        for one in rds.describe_db_instances()["DBInstances"]:
            rds.delete_db_instance(DBInstanceIdentifier=one["DBInstanceIdentifier"], SkipFinalSnapshot=True)
        rds.create_db_instance(
            DBInstanceIdentifier="orders",
            DBInstanceClass="db.t4g.micro",
            Engine="postgres",
            MasterUsername="keeper",
            MasterUserPassword="told-to-nobody",
            AllocatedStorage=allocated,
            MaxAllocatedStorage=maximum,
        )
        return Standing(context, used)

    return deploy


def autoscaling(context: Context, databases: Standing) -> StorageAutoscaling:
    return StorageAutoscaling(context, cast("Databases", databases))


async def test_an_instance_grows_when_a_tenth_was_free_for_five_minutes_and_that_is_told(
    context: Context, deploy: Callable[..., Standing]
) -> None:
    databases = deploy(allocated=20, maximum=100, used=18)
    loop = autoscaling(context, databases)

    for period in range(5):
        await loop.step(NOW + period * MINUTE)
        assert databases.sizes() == [20]
    await loop.step(NOW + 5 * MINUTE)

    assert databases.sizes() == [30]
    assert [(event.kind, event.sentence) for event in context.timeline.events()] == [
        ("scaling", "the storage of database-orders grew from 20 to 30 GiB: a tenth or less was free")
    ]


async def test_low_storage_that_was_cleared_meanwhile_counts_anew(
    context: Context, deploy: Callable[..., Standing]
) -> None:
    databases = deploy(allocated=20, maximum=100, used=18.1)
    loop = autoscaling(context, databases)
    for period in range(5):
        await loop.step(NOW + period * MINUTE)
    databases.used = 17.9
    await loop.step(NOW + 5 * MINUTE)
    databases.used = 18.1
    await loop.step(NOW + 6 * MINUTE)

    assert databases.sizes() == [20]


async def test_an_instance_grows_four_times_a_day_and_again_on_the_next(
    context: Context, deploy: Callable[..., Standing]
) -> None:
    databases = deploy(allocated=20, maximum=100, used=1_000)
    loop = autoscaling(context, databases)

    for period in range(60):
        await loop.step(NOW + period * MINUTE)
    assert databases.sizes() == [60]
    await loop.step(NOW + DAY + 5 * MINUTE)
    assert databases.sizes() == [70]


@pytest.mark.parametrize(
    ("allocated", "maximum", "expected"),
    [
        (20, 100, 30),
        (200, 1_000, 220),
        (95, 100, 100),  # the most that it may have
        (100, 100, 100),
        (100, None, 100),  # without autoscaling
    ],
)
def test_it_grows_by_ten_gib_or_a_tenth_and_up_to_its_maximum(
    allocated: int, maximum: int | None, expected: int
) -> None:
    assert grown(Volume(allocated=allocated, maximum=maximum, used=0)) == expected


def test_free_storage_is_told_in_bytes_as_rds_tells_it() -> None:
    volumes = {
        "orders": Volume(allocated=20, maximum=None, used=GIB, ballast=2 * GIB),
        "full": Volume(allocated=20, maximum=None, used=GIB, ballast=20 * GIB),
    }

    told = {datum["Dimensions"][0]["Value"]: datum for datum in of_databases(volumes)}

    assert {name: datum["Value"] for name, datum in told.items()} == {"orders": 17 * GIB, "full": 0}
    assert told["full"]["MetricName"] == "FreeStorageSpace"
    assert told["full"]["Dimensions"][0]["Name"] == "DBInstanceIdentifier"
    assert told["full"]["Unit"] == "Bytes"
