"""An instance is storage-full for as long as whoever keeps it says so."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.waiting import PATIENCE

Aws = Callable[[str], Any]


@pytest.fixture
def tell(endpoint: str) -> Callable[..., httpx.Response]:
    """Tell the local AWS of the storage of an instance."""

    def tell(arn: str, *, full: object) -> httpx.Response:
        document = {"arn": arn, "full": full}
        return httpx.put(f"{endpoint}/_blueprint/database-storage", json=document, timeout=PATIENCE)

    return tell


def create(aws: Aws, identifier: str) -> str:
    described = aws("rds").create_db_instance(
        DBInstanceIdentifier=identifier,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="keeper",
        MasterUserPassword="told-to-nobody",
        AllocatedStorage=20,
        MaxAllocatedStorage=100,
    )["DBInstance"]
    return str(described["DBInstanceArn"])


def described(aws: Aws, identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = aws("rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][
        0
    ]
    return found


def test_a_full_instance_is_described_and_told_of_as_such_until_it_is_not(
    aws: Aws, endpoint: str, tell: Callable[..., httpx.Response]
) -> None:
    def changes() -> int:
        return int(httpx.get(f"{endpoint}/_blueprint/changes", timeout=PATIENCE).json()["changes"])

    arn = create(aws, "filling")
    before = changes()

    assert [tell(arn, full=True).json() for _ in range(2)] == [{"status": "storage-full"}] * 2

    assert changes() > before  # who keeps an answer asks again
    assert described(aws, "filling")["DBInstanceStatus"] == "storage-full"
    events = aws("rds").describe_events(SourceIdentifier="filling", SourceType="db-instance")["Events"]
    assert [event["Message"] for event in events if event["EventCategories"] == ["low storage"]] == [
        "Allocated storage has been exhausted. Allocate additional storage to resolve."
    ]
    aws("rds").modify_db_instance(DBInstanceIdentifier="filling", AllocatedStorage=30, ApplyImmediately=True)
    assert tell(arn, full=False).json() == {"status": "available"}
    after = described(aws, "filling")
    assert (after["DBInstanceStatus"], after["AllocatedStorage"], after["MaxAllocatedStorage"]) == (
        "available",
        30,
        100,
    )


def test_an_instance_that_is_stopped_or_gone_stays_so(aws: Aws, tell: Callable[..., httpx.Response]) -> None:
    arn = create(aws, "stopped")
    aws("rds").stop_db_instance(DBInstanceIdentifier="stopped")

    assert tell(arn, full=True).json() == {"status": "stopped"}
    assert tell(f"{arn}-too", full=True).json() == {"status": None}


def test_what_is_no_report_is_refused_by_name(tell: Callable[..., httpx.Response]) -> None:
    answer = tell("filling", full="perhaps")

    assert answer.status_code == 400
    assert {part.partition(":")[0] for part in answer.json()["error"].split("; ")} == {"arn", "full"}
