"""What is learnt from events: the data lake, jobs over it, and Kafka; each is there where it is asked for."""

from collections.abc import Mapping

import pulumi

from infra.components.data_lake import DataLake, DataLakeArgs, LakeTable
from infra.components.delivery import Delivery, DeliveryArgs
from infra.components.kafka import Kafka, KafkaArgs
from infra.components.spark import Spark, SparkArgs
from infra.tiers.events import Events
from infra.tiers.region import Region

POSITIONS = "positions"
POSITION_COLUMNS = {
    "courier_id": "string",
    "recorded_at": "string",  # ISO 8601 with its offset, as it was reported: from_iso8601_timestamp reads it
    "latitude": "double",
    "longitude": "double",
}
DAY_OF_POSITION = ".recorded_at[0:10]"
FIRST_DAY = "2025-01-01"
"""Before any event of the shop."""


class Analytics:
    """The analytical tier of a region.

    Attributes:
        lake, delivery: courier positions, to be asked by SQL.
        spark: runs jobs over the lake.
        kafka: a cluster for those who bring clients of their own.
    """

    def __init__(self, region: Region, events: Events) -> None:
        self._region = region
        self._settings = region.settings
        self.lake = self._lake() if self._settings.lake.enabled else None
        self.delivery = self._delivery(events, self.lake) if self.lake else None
        self.spark = self._spark(self.lake) if self.lake and self._settings.spark.enabled else None
        self.kafka = self._kafka() if self._settings.kafka.enabled else None

    @property
    def outputs(self) -> Mapping[str, pulumi.Output[str]]:
        """What one needs to ask questions."""
        outputs: dict[str, pulumi.Output[str]] = {}
        if self.lake:
            outputs |= {"lake_database": self.lake.database, "lake_workgroup": self.lake.workgroup}
        if self.spark:
            outputs |= {
                "spark_application": self.spark.application_id,
                "spark_role": self.spark.role.resource.arn,
            }
        if self.kafka:
            outputs["kafka_brokers"] = self.kafka.brokers
        return outputs

    def _lake(self) -> DataLake:
        settings = self._settings.lake
        positions = LakeTable(columns=POSITION_COLUMNS, since=FIRST_DAY, format=settings.format)
        args = DataLakeArgs(
            account_id=self._region.account_id,
            region=self._region.code,
            kms_key_arn=self._region.key_arn,
            protect=self._settings.protect,
            tables={POSITIONS: positions},
            query_limit=settings.query_limit,
            infrequent_after_days=settings.infrequent_after_days,
            glacier_after_days=settings.glacier_after_days,
            expire_after_days=settings.expire_after_days,
        )
        return DataLake(self._region.named("lake"), args, self._region.opts)

    def _delivery(self, events: Events, lake: DataLake) -> Delivery:
        settings = self._settings.lake
        args = DeliveryArgs(
            stream=events.positions,
            lake=lake,
            table=POSITIONS,
            buffer_size=settings.buffer_size,
            buffer_interval=settings.buffer_interval,
            day_of_record=DAY_OF_POSITION if settings.partition_by == "record" else None,
            log_kms_key_arn=self._region.key_arn,
            log_retention_days=self._settings.log_retention_days,
        )
        delivery = Delivery(self._region.named("positions-to-lake"), args, self._region.opts)
        return self._region.registry.add("analytics", delivery)

    def _spark(self, lake: DataLake) -> Spark:
        settings, network = self._settings.spark, self._region.network
        args = SparkArgs(
            lake=lake,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            release=settings.release,
            architecture=self._settings.architecture,
            max_vcpus=settings.max_vcpus,
            idle_minutes=settings.idle_minutes,
        )
        return Spark(self._region.named("spark"), args, self._region.opts)

    def _kafka(self) -> Kafka:
        network = self._region.network
        args = KafkaArgs(vpc_id=network.vpc_id, subnet_ids=network.private_subnet_ids)
        return Kafka(self._region.named("kafka"), args, self._region.opts)
