"""Deliveries: the records of a stream, written into the data lake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.alarms import Alarm
from infra.components.data_lake import PARTITION, DataLake
from infra.components.stream import Stream

S3Destination = aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationArgsDict
Conversion = (
    aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationArgsDict
)
Processing = aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationArgsDict
Processor = aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationProcessorArgsDict

NAME_LIMIT = 64
LOG_STREAM = "delivery"


@dataclass(frozen=True, kw_only=True)
class DeliveryArgs:
    """
    Attributes:
        stream: what is read. Firehose reads beside the other readers, and shares their throughput.
        lake, table: where it goes; the table says in which format.
        buffer_size: megabytes that are collected for a file, to 128: 64 at least for Parquet, and for
            partitions by the record.
        buffer_interval: seconds after which a file is written, however small, to 900.
        day_of_record: jq expression for a record's own day, such as `.recorded_at[0:10]`. None partitions by
            the day of arrival, and costs less.
        kms_key_arn: key that the files are encrypted with; None is as the bucket says.
        freshness_alarm: seconds that the oldest record may wait before somebody hears of it.
        log_retention_days: how long the log of failed deliveries is kept.
        log_kms_key_arn: the key that encrypts that log; None is CloudWatch's own.
    """

    stream: Stream
    lake: DataLake
    table: str
    buffer_size: int
    buffer_interval: int
    log_retention_days: int
    day_of_record: str | None = None
    kms_key_arn: pulumi.Input[str] | None = None
    freshness_alarm: int = 3_600
    log_kms_key_arn: pulumi.Input[str] | None = None


class Delivery(pulumi.ComponentResource):
    """A Firehose stream from Kinesis to S3.

    Resources: role with its grants, log group and stream, delivery stream.

    Attributes:
        name, arn: of the delivery stream.
        alarms: it lags behind, it cannot write, it cannot convert.
    """

    def __init__(self, name: str, args: DeliveryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:analytics:Delivery", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self._physical = naming.physical(name, NAME_LIMIT)
        self._role = policy.service_role(name, "firehose.amazonaws.com", f"Delivery {name}", self._child)
        self._log = self._create_log(args)
        grants = self._grants(args)
        self.resource = self._create_stream(args, grants)
        self.name = self.resource.name
        self.arn = self.resource.arn
        self.alarms = self._alarms(args)
        self.register_outputs({"name": self.name})

    def _create_log(self, args: DeliveryArgs) -> aws.cloudwatch.LogGroup:
        log = aws.cloudwatch.LogGroup(
            f"{self._name}-log",
            name=f"/aws/kinesisfirehose/{self._physical}",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.log_kms_key_arn,
            opts=self._child,
        )
        aws.cloudwatch.LogStream(
            f"{self._name}-log-stream", name=LOG_STREAM, log_group_name=log.name, opts=self._child
        )
        return log

    def _grants(self, args: DeliveryArgs) -> Sequence[pulumi.Resource]:
        log_stream = pulumi.Output.concat(self._log.arn, f":log-stream:{LOG_STREAM}")
        own = [policy.allow(["logs:PutLogEvents"], [log_stream])]
        if args.kms_key_arn is not None:
            own.append(policy.allow(["kms:Decrypt", "kms:GenerateDataKey"], [args.kms_key_arn]))
        return [
            args.stream.grant_read(self._role),
            args.lake.grant_deliver(self._role, args.table),
            policy.grant(self._role, f"run-{self._name}", own, self),
        ]

    def _create_stream(
        self, args: DeliveryArgs, grants: Sequence[pulumi.Resource]
    ) -> aws.kinesis.FirehoseDeliveryStream:
        return aws.kinesis.FirehoseDeliveryStream(
            self._name,
            name=self._physical,
            destination="extended_s3",
            kinesis_source_configuration={
                "kinesis_stream_arn": args.stream.arn,
                "role_arn": self._role.resource.arn,
            },
            extended_s3_configuration=self._destination(args),
            opts=pulumi.ResourceOptions(parent=self, depends_on=grants),
        )

    def _destination(self, args: DeliveryArgs) -> S3Destination:
        return S3Destination(
            role_arn=self._role.resource.arn,
            bucket_arn=args.lake.bucket.arn,
            prefix=f"{args.lake.prefix(args.table)}{PARTITION}={_day(args)}/",
            error_output_prefix=f"errors/{args.table}/!{{firehose:error-output-type}}/",
            buffering_size=args.buffer_size,
            buffering_interval=args.buffer_interval,
            kms_key_arn=args.kms_key_arn,
            cloudwatch_logging_options={
                "enabled": True,
                "log_group_name": self._log.name,
                "log_stream_name": LOG_STREAM,
            },
            # Parquet is compressed in itself; what is converted must not be again.
            compression_format="GZIP" if _is_json(args) else "UNCOMPRESSED",
            data_format_conversion_configuration=None if _is_json(args) else self._conversion(args),
            processing_configuration=_processing(args),
            # It cannot be switched on later: a delivery stream that has it is another.
            dynamic_partitioning_configuration={"enabled": True} if args.day_of_record else None,
        )

    def _conversion(self, args: DeliveryArgs) -> Conversion:
        return Conversion(
            input_format_configuration={"deserializer": {"open_x_json_ser_de": {}}},
            output_format_configuration={"serializer": {"parquet_ser_de": {"compression": "SNAPPY"}}},
            schema_configuration={
                "database_name": args.lake.database,
                "table_name": args.table,
                "role_arn": self._role.resource.arn,
            },
        )

    def _alarms(self, args: DeliveryArgs) -> list[Alarm]:
        fresh = Alarm(
            name=f"{self._name}-freshness",
            description=f"Records wait over {args.freshness_alarm} s for {self._name}: look at its log.",
            namespace="AWS/Firehose",
            metric="DeliveryToS3.DataFreshness",
            dimensions={"DeliveryStreamName": self.name},
            statistic="Maximum",
            threshold=args.freshness_alarm,
        )
        written = Alarm(
            name=f"{self._name}-failures",
            description=f"{self._name} cannot write to the lake: look at its log, and at its role.",
            namespace="AWS/Firehose",
            metric="DeliveryToS3.Success",
            dimensions={"DeliveryStreamName": self.name},
            comparison="LessThanThreshold",
            threshold=1,
        )
        if _is_json(args):
            return [fresh, written]
        converted = Alarm(
            name=f"{self._name}-conversion",
            description=f"Records do not fit the table {args.table}; they lie below errors/{args.table}/.",
            namespace="AWS/Firehose",
            metric="FailedConversion.Records",
            dimensions={"DeliveryStreamName": self.name},
            statistic="Sum",
            threshold=0,
        )
        return [fresh, written, converted]


def _day(args: DeliveryArgs) -> str:
    """Firehose's expression for the day: of the record where it is asked for, else of its arrival (UTC)."""
    return f"!{{partitionKeyFromQuery:{PARTITION}}}" if args.day_of_record else "!{timestamp:yyyy-MM-dd}"


def _is_json(args: DeliveryArgs) -> bool:
    return args.lake.tables[args.table].format == "json"


def _processing(args: DeliveryArgs) -> Processing | None:
    """What is done to each record. JSON needs an end of line after each, or a file is one long line."""
    processors = []
    if args.day_of_record:
        query = f"{{{PARTITION}:{args.day_of_record}}}"
        names = {"JsonParsingEngine": "JQ-1.6", "MetadataExtractionQuery": query}
        processors.append(_processor("MetadataExtraction", names))
    if _is_json(args):
        processors.append(_processor("AppendDelimiterToRecord", {"Delimiter": "\\n"}))
    return Processing(enabled=True, processors=processors) if processors else None


def _processor(kind: str, parameters: Mapping[str, str]) -> Processor:
    return Processor(
        type=kind,
        parameters=[{"parameter_name": name, "parameter_value": value} for name, value in parameters.items()],
    )
