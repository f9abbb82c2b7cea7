"""What the settings of data lake, Spark and Kafka forbid each other, and in which words."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, parse, refusal

SCALE = DEV | {"preset": "scale"}

ORDER = "S3 refuses to move files on earlier: raise it, or leave one of the two out."
LAPTOP = "The local AWS stores what is asked of it, but nothing would be delivered or run."

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"lake": {"buffer_size": 63}},
        "lake.buffer_size is 63; allowed: at least 64 for format parquet or partition_by record.",
        "Firehose refuses less: raise it, or deliver json by arrival.",
    ),
    (
        {"lake": {"buffer_size": 5, "format": "json", "partition_by": "record"}},
        "lake.buffer_size is 5; allowed: at least 64 for format parquet or partition_by record.",
        "Firehose refuses less: raise it, or deliver json by arrival.",
    ),
    (
        {"lake": {"infrequent_after_days": 40, "glacier_after_days": 69}},
        "lake.glacier_after_days is 69; allowed: at least 70, 30 after infrequent_after_days.",
        ORDER,
    ),
    (
        {"lake": {"expire_after_days": 90}},
        "lake.expire_after_days is 90; allowed: more than 90, when files move last.",
        "Files would be deleted before they move: raise it, or let them not move.",
    ),
    (
        {
            "lake": {"enabled": False},
            "streams": {"positions": {"fan_out": False}},
            "spark": {"enabled": True},
        },
        "spark.enabled is True; allowed: false without a lake.",
        "Jobs have nothing to read: set lake.enabled to true as well.",
    ),
    (
        {"spark": {"max_vcpus": 10}},
        "spark.max_vcpus is 10; allowed: a multiple of 4, the vCPUs of a worker.",
        "The rest could never be used: round it.",
    ),
    *(
        (
            {"emulator": True, "lake": {"enabled": True}, name: {"enabled": True}},
            f"{name}.enabled is True; allowed: false where emulator is true.",
            LAPTOP,
        )
        for name in ("lake", "spark", "kafka")
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal(SCALE | config).splitlines()


def test_json_by_arrival_may_be_written_in_small_files() -> None:
    assert parse(SCALE | {"lake": {"format": "json", "buffer_size": 1}}).lake.buffer_size == 1


def test_files_may_stay_where_they_are() -> None:
    never = {"infrequent_after_days": None, "glacier_after_days": None, "expire_after_days": 1}

    assert parse(SCALE | {"lake": never}).lake.expire_after_days == 1
