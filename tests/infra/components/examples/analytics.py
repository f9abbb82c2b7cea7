"""Examples of the components of analytics, and of Kafka."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from infra.components import data_lake, delivery, kafka, queue, spark
from tests.infra.components.examples.example import Example
from tests.infra.components.examples.parts import a_function, a_stream, watched

TABLE = data_lake.LakeTable(columns={"id": "string"}, since="2025-01-01", format="parquet")


def lake_args(**tables: data_lake.LakeTable) -> data_lake.DataLakeArgs:
    return data_lake.DataLakeArgs(
        account_id="1",
        region="eu-west-1",
        kms_key_arn="key",
        protect=False,
        tables=tables or {"t": TABLE},
        query_limit=1,
    )


def a_lake(name: str = "lake") -> data_lake.DataLake:
    return data_lake.DataLake(name, lake_args(t=TABLE, other=TABLE))


def make_lake(args: data_lake.DataLakeArgs) -> None:
    """Make a lake, and a delivery into its first table: grants name the region."""
    lake = data_lake.DataLake("it", args)
    deliver(delivery_args(lake=lake, table=next(iter(args.tables))))


def delivery_args(**more: Any) -> delivery.DeliveryArgs:
    stream, lake, table = more.pop("stream", None), more.pop("lake", None), more.pop("table", "t")
    return delivery.DeliveryArgs(
        stream=stream or a_stream(),
        lake=lake or a_lake(),
        table=table,
        buffer_size=64,
        buffer_interval=60,
        log_retention_days=3,
        log_kms_key_arn="key",
        **more,
    )


def deliver(args: delivery.DeliveryArgs) -> None:
    watched(delivery.Delivery("delivery", args))


def feed_from_topic(args: kafka.TopicMapping) -> None:
    reader = a_function("reader")
    cluster = kafka.Kafka("it", kafka.KafkaArgs(vpc_id="vpc", subnet_ids=["subnet"]))
    cluster.feed("orders", reader, args, queue.DeadLetterQueue("failures"))
    watched(reader)


EXAMPLES: Mapping[type, Example] = {
    data_lake.LakeTable: Example(
        make=lambda args: make_lake(lake_args(t=args)),
        args=lambda: TABLE,
        changes={"format": lambda _: "json"},
    ),
    data_lake.DataLakeArgs: Example(
        make=make_lake,
        args=lake_args,
        changes={
            "tables": lambda _: {"t": dataclasses.replace(TABLE, since="2026-01-01")},
            "infrequent_after_days": lambda _: 30,
            "glacier_after_days": lambda _: 90,
            "expire_after_days": lambda _: 365,
        },
    ),
    delivery.DeliveryArgs: Example(
        make=deliver,
        args=delivery_args,
        changes={
            "stream": lambda _: a_stream("other"),
            "lake": lambda _: a_lake("another"),
            "table": lambda _: "other",
            "day_of_record": lambda _: ".at[0:10]",
            "kms_key_arn": lambda _: "key",
        },
    ),
    spark.SparkArgs: Example(
        make=lambda args: spark.Spark("it", args),
        args=lambda: spark.SparkArgs(
            lake=a_lake(),
            vpc_id="vpc",
            subnet_ids=["subnet"],
            release="emr-7.9.0",
            architecture="arm64",
            max_vcpus=4,
            idle_minutes=5,
        ),
        changes={"lake": lambda _: a_lake("another"), "architecture": lambda _: "x86_64"},
    ),
    kafka.TopicMapping: Example(
        make=feed_from_topic,
        args=lambda: kafka.TopicMapping(batch_size=10, batch_window=1, max_retries=3, max_age=600),
    ),
    kafka.KafkaArgs: Example(
        make=lambda args: kafka.Kafka("it", args),
        args=lambda: kafka.KafkaArgs(vpc_id="vpc", subnet_ids=["subnet"]),
    ),
}
