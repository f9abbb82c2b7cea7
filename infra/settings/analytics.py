"""What is learnt from events: the data lake, jobs over it, and Kafka."""

from typing import Literal

from pydantic import Field

from infra.settings.section import Section

Days = int | None


class Lake(Section):
    """The data lake: courier positions in files that Athena asks by SQL."""

    enabled: bool = Field(description="Deliver the stream into a data lake, beside its other readers.")
    format: Literal["parquet", "json"] = Field(
        description="Of the files: parquet is cheap to ask, json can be read by everything."
    )
    partition_by: Literal["arrival", "record"] = Field(
        description="The day of a partition: when a record arrived, or its own day, which costs more."
    )
    buffer_size: int = Field(ge=1, le=128, description="Megabytes collected for a file.")
    buffer_interval: int = Field(ge=60, le=900, description="Seconds after which a file is written anyway.")
    query_limit: int = Field(
        ge=1, le=7_000, description="Gigabytes that one query may read; a thousand cost about 5 USD."
    )
    infrequent_after_days: Days = Field(
        ge=30, le=3_650, description="Days until files move to storage for infrequent access; unset is never."
    )
    glacier_after_days: Days = Field(
        ge=1, le=3_650, description="Days until files move to Glacier; unset is never."
    )
    expire_after_days: Days = Field(
        ge=1, le=36_500, description="Days until files are deleted; unset is never."
    )


class Spark(Section):
    """EMR Serverless: Spark jobs over the data lake."""

    enabled: bool = Field(description="Have an application that runs jobs; it costs while jobs run only.")
    release: str = Field(
        pattern=r"^emr-\d\.\d{1,2}\.\d$", examples=["emr-7.9.0"], description="Release of EMR."
    )
    max_vcpus: int = Field(ge=4, le=400, description="vCPUs of all jobs together.")
    idle_minutes: int = Field(ge=1, le=10_080, description="Minutes until idle workers are let go.")


class Kafka(Section):
    """MSK Serverless."""

    enabled: bool = Field(
        description="Have a Kafka cluster for those who speak its protocol, of whose topics `positions` and "
        "`sales` the functions read as they do of the streams, each by a poller of its own. What they give "
        "up is told to a queue by partition and offset; the records stay in the topic until it drops them. "
        "Some 550 USD a month, idle, and 270 more for the two pollers."
    )
