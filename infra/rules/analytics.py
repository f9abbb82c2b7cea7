"""What the settings of data lake, Spark and Kafka forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings

LEAST_BUFFER = 64
"""Megabytes that Firehose collects at the least where it converts records or partitions by them."""

DAYS_BETWEEN_MOVES = 30
"""S3 charges a file for so long in infrequent access, and refuses rules that move it on earlier."""


def _buffer_is_large_enough(settings: "Settings") -> Iterator[Problem]:
    lake = settings.lake
    if lake.buffer_size >= LEAST_BUFFER or (lake.format == "json" and lake.partition_by == "arrival"):
        return
    yield Problem(
        key="lake.buffer_size",
        value=lake.buffer_size,
        allowed=f"at least {LEAST_BUFFER} for format parquet or partition_by record",
        remedy="Firehose refuses less: raise it, or deliver json by arrival.",
    )


def _files_age_in_order(settings: "Settings") -> Iterator[Problem]:
    lake = settings.lake
    infrequent, glacier, expiry = lake.infrequent_after_days, lake.glacier_after_days, lake.expire_after_days
    if infrequent is not None and glacier is not None and glacier < infrequent + DAYS_BETWEEN_MOVES:
        yield Problem(
            key="lake.glacier_after_days",
            value=glacier,
            allowed=f"at least {infrequent + DAYS_BETWEEN_MOVES}, 30 after infrequent_after_days",
            remedy="S3 refuses to move files on earlier: raise it, or leave one of the two out.",
        )
    last_move = max(infrequent or 0, glacier or 0)
    if expiry is not None and expiry <= last_move:
        yield Problem(
            key="lake.expire_after_days",
            value=expiry,
            allowed=f"more than {last_move}, when files move last",
            remedy="Files would be deleted before they move: raise it, or let them not move.",
        )


def _spark_has_a_lake(settings: "Settings") -> Iterator[Problem]:
    if settings.spark.enabled and not settings.lake.enabled:
        yield Problem(
            key="spark.enabled",
            value=True,
            allowed="false without a lake",
            remedy="Jobs have nothing to read: set lake.enabled to true as well.",
        )


def _spark_runs_on_whole_workers(settings: "Settings") -> Iterator[Problem]:
    if settings.spark.max_vcpus % 4:
        yield Problem(
            key="spark.max_vcpus",
            value=settings.spark.max_vcpus,
            allowed="a multiple of 4, the vCPUs of a worker",
            remedy="The rest could never be used: round it.",
        )


def _a_laptop_has_no_analytics(settings: "Settings") -> Iterator[Problem]:
    if not settings.emulator:
        return
    for key, enabled in (
        ("lake.enabled", settings.lake.enabled),
        ("spark.enabled", settings.spark.enabled),
        ("kafka.enabled", settings.kafka.enabled),
    ):
        if enabled:
            yield Problem(
                key=key,
                value=True,
                allowed="false where emulator is true",
                remedy="The local AWS stores what is asked of it, but nothing would be delivered or run.",
            )


RULES: tuple[Rule, ...] = (
    _buffer_is_large_enough,
    _files_age_in_order,
    _spark_has_a_lake,
    _spark_runs_on_whole_workers,
    _a_laptop_has_no_analytics,
)
