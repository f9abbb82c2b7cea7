"""Wiring of the bus, the stream's readers, the data lake, Spark and Kafka, where a stack has them all.

What `local` has of events is in `test_wiring_data.py`.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.local import ACCOUNT, REGION
from tests.scripts.local.engine.world import World, deployed

SETTINGS = """
config:
  aws:region: us-east-1
  blueprint:preset: scale
  blueprint:stage: dev
  blueprint:streams: {positions: {shards: 2, shard_metrics: true}}
  blueprint:spark: {enabled: true}
  blueprint:kafka: {enabled: true}
"""

PREFIX = "blueprint-it"
BUS = f"{PREFIX}-shop"
RULE = f"{PREFIX}-shop-order-notifications"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{PREFIX}-positions"
LAKE = f"{PREFIX}-lake-{ACCOUNT}"


def arn_of_queue(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{PREFIX}-{name}"


def policy_of_queue(world: World, name: str) -> list[dict[str, Any]]:
    sqs = world.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{PREFIX}-{name}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    statements: list[dict[str, Any]] = json.loads(attributes["Policy"])["Statement"]
    return statements


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The deployed stack; nothing here changes what it consists of."""
    with deployed(tmp_path_factory.mktemp("stack"), "it", SETTINGS) as stack:
        yield stack


@pytest.fixture(scope="module")
def delivery(world: World) -> dict[str, Any]:
    """The delivery stream to the lake."""
    found: dict[str, Any] = world.client("firehose").describe_delivery_stream(
        DeliveryStreamName=f"{PREFIX}-positions-to-lake"
    )["DeliveryStreamDescription"]
    return found


@pytest.mark.parametrize(
    ("queue", "types"),
    [("order-notifications", {"order.placed"}), ("order-inventory", {"order.placed", "order.cancelled"})],
)
def test_a_consumer_hears_over_the_bus_of_what_it_asked_for_and_of_nothing_else(
    world: World, queue: str, types: set[str]
) -> None:
    sqs = world.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{PREFIX}-{queue}")["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    kinds = ("order.placed", "order.paid", "order.cancelled")
    entries = [
        {
            "EventBusName": BUS,
            "Source": source,
            "DetailType": kind,
            "Detail": json.dumps({"type": kind, "source": source}),
        }
        for source in ("shop", "other")
        for kind in kinds
    ]

    assert world.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0

    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    events = [json.loads(message["Body"]) for message in messages]
    assert sorted(event["type"] for event in events) == sorted(types)
    assert {event["source"] for event in events} == {"shop"}


def test_the_rule_delivers_with_bounds_and_sets_aside_what_it_cannot(world: World) -> None:
    (target,) = world.client("events").list_targets_by_rule(Rule=RULE, EventBusName=BUS)["Targets"]

    assert target == {
        "Id": "order-notifications",
        "Arn": arn_of_queue("order-notifications"),
        "InputPath": "$.detail",
        "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86_400},
        "DeadLetterConfig": {"Arn": arn_of_queue("undelivered-events")},
    }


@pytest.mark.parametrize(
    ("queue", "rules"),
    [
        ("order-notifications", ["order-notifications"]),
        ("order-inventory", ["order-inventory"]),
        ("payment-capture.fifo", []),
        ("undelivered-events", ["order-notifications", "order-inventory"]),
    ],
)
def test_a_queue_admits_its_own_rules_alone(world: World, queue: str, rules: list[str]) -> None:
    allowed = [it for it in policy_of_queue(world, queue) if it["Effect"] == "Allow"]

    assert allowed == [
        {
            "Effect": "Allow",
            "Action": ["sqs:SendMessage"],
            "Resource": [arn_of_queue(queue)],
            "Principal": {"Service": "events.amazonaws.com"},
            "Condition": {
                "ArnLike": {"aws:SourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{BUS}/{BUS}-{rule}"}
            },
        }
        for rule in rules
    ]


def test_the_bus_speaks_tls_only_and_keeps_its_events_for_a_week(world: World) -> None:
    events = world.client("events")
    bus = events.describe_event_bus(Name=BUS)
    archive = events.describe_archive(ArchiveName=BUS)

    (denied,) = json.loads(bus["Policy"])["Statement"]
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert (archive["EventSourceArn"], archive["RetentionDays"]) == (bus["Arn"], 7)


def test_the_shop_is_told_of_the_bus_and_may_put_its_own_events_there_and_payments_into_their_queue(
    world: World,
) -> None:
    ssm, iam = world.client("ssm"), world.client("iam")
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/blueprint/it/", Recursive=True)
    told = [(it["Name"].rpartition("/")[2], it["Value"]) for page in pages for it in page["Parameters"]]
    services = [it["RoleName"] for it in iam.list_roles()["Roles"] if "ec2.amazonaws.com" in str(it)]
    allowed = [
        statement
        for role in services
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        for statement in iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
    ]

    assert {value for name, value in told if name == "EVENT_BUS"} == {BUS} == {world.output("event_bus")}
    puts = [it for it in allowed if it["Action"] == ["events:PutEvents"]]
    assert puts
    assert all(it["Condition"] == {"StringEquals": {"events:source": "shop"}} for it in puts)
    sends = [it["Resource"] for it in allowed if "sqs:SendMessage" in it["Action"]]
    assert sends == [[arn_of_queue("payment-capture.fifo")]] * len(services)


def test_the_writer_of_positions_reads_with_a_throughput_of_its_own(world: World) -> None:
    kinesis = world.client("kinesis")
    (reader,) = kinesis.list_stream_consumers(StreamARN=STREAM)["Consumers"]
    mappings = world.client("lambda").list_event_source_mappings()["EventSourceMappings"]

    sources = {(it["FunctionArn"].split(":")[6], it["EventSourceArn"]) for it in mappings}
    assert (f"{PREFIX}-position-writer", reader["ConsumerARN"]) in sources
    tags = kinesis.list_tags_for_resource(ResourceARN=reader["ConsumerARN"])["Tags"]
    assert {"Key": "Stack", "Value": "it"} in tags


def test_renditions_and_captions_read_the_media_each_at_its_own_pace(world: World) -> None:
    kinesis, stream = world.client("kinesis"), STREAM.replace("positions", "media")
    readers = {
        it["ConsumerName"]: it["ConsumerARN"]
        for it in kinesis.list_stream_consumers(StreamARN=stream)["Consumers"]
    }
    mappings = world.client("lambda").list_event_source_mappings()["EventSourceMappings"]

    found = {it["FunctionArn"].split(":")[6]: it for it in mappings}
    for function, reader, failures in (
        ("media-renditions", "media-renditions", "rendition-failures"),
        ("media-captions", "media-captions", "caption-failures"),
    ):
        mapping = found[f"{PREFIX}-{function}"]
        assert mapping["EventSourceArn"] == readers[f"{PREFIX}-{reader}"]
        assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": arn_of_queue(failures)}}
        assert mapping["BisectBatchOnFunctionError"] is True


def test_each_shard_is_measured(world: World) -> None:
    stream = world.client("kinesis").describe_stream_summary(StreamName=f"{PREFIX}-positions")

    (monitoring,) = stream["StreamDescriptionSummary"]["EnhancedMonitoring"]
    assert "IteratorAgeMilliseconds" in monitoring["ShardLevelMetrics"]


def test_positions_are_delivered_as_parquet_into_a_folder_a_day(
    world: World, delivery: dict[str, Any]
) -> None:
    destination = delivery["Destinations"][0]["ExtendedS3DestinationDescription"]
    source = delivery["Source"]["KinesisStreamSourceDescription"]
    conversion = destination["DataFormatConversionConfiguration"]

    assert source["KinesisStreamARN"] == STREAM
    assert source["RoleARN"] == destination["RoleARN"]
    assert destination["BucketARN"] == f"arn:aws:s3:::{LAKE}"
    assert destination["Prefix"] == "tables/positions/dt=!{timestamp:yyyy-MM-dd}/"
    assert destination["ErrorOutputPrefix"] == "errors/positions/!{firehose:error-output-type}/"
    assert destination["BufferingHints"] == {"SizeInMBs": 128, "IntervalInSeconds": 300}
    assert "ParquetSerDe" in conversion["OutputFormatConfiguration"]["Serializer"]
    assert conversion["SchemaConfiguration"]["DatabaseName"] == world.output("lake_database")
    logging = destination["CloudWatchLoggingOptions"]
    streams = world.client("logs").describe_log_streams(logGroupName=logging["LogGroupName"])["logStreams"]
    assert [it["logStreamName"] for it in streams] == [logging["LogStreamName"]]


def test_the_table_finds_its_partitions_where_the_delivery_writes_them(
    world: World, delivery: dict[str, Any]
) -> None:
    table = world.client("glue").get_table(DatabaseName=world.output("lake_database"), Name="positions")[
        "Table"
    ]
    destination = delivery["Destinations"][0]["ExtendedS3DestinationDescription"]

    folder = destination["Prefix"].replace("!{timestamp:yyyy-MM-dd}", "${dt}")
    assert table["Parameters"]["storage.location.template"] == f"s3://{LAKE}/{folder}"
    assert table["Parameters"]["projection.enabled"] == "true"
    assert table["Parameters"]["projection.dt.format"] == "yyyy-MM-dd"
    columns = [it["Name"] for it in table["StorageDescriptor"]["Columns"]]
    assert columns == ["courier_id", "recorded_at", "latitude", "longitude"]


def test_a_query_is_bounded_and_its_answer_stays_in_the_lake(world: World) -> None:
    name = world.output("lake_workgroup")
    group = world.client("athena").get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]

    assert group["EnforceWorkGroupConfiguration"] is True
    assert group["BytesScannedCutoffPerQuery"] == 10**12
    assert group["ResultConfiguration"]["OutputLocation"] == f"s3://{LAKE}/queries/"
    encryption = group["ResultConfiguration"]["EncryptionConfiguration"]
    assert encryption["EncryptionOption"] == "SSE_KMS"
    key = world.client("kms").describe_key(KeyId=encryption["KmsKey"])["KeyMetadata"]
    assert key["KeyManager"] == "CUSTOMER"


def test_events_grow_cold_and_answers_are_forgotten(world: World) -> None:
    rules = world.client("s3").get_bucket_lifecycle_configuration(Bucket=LAKE)["Rules"]
    by_id = {it["ID"]: it for it in rules}

    moves = [(it["StorageClass"], it["Days"]) for it in by_id["events"]["Transitions"]]
    assert moves == [("STANDARD_IA", 30), ("GLACIER_IR", 90)]
    assert by_id["events"]["Expiration"]["Days"] == 1_095
    assert by_id["answers"]["Expiration"]["Days"] == 30


def test_spark_is_bounded_starts_with_a_job_and_stops_by_itself(world: World) -> None:
    emr = world.client("emr-serverless")
    application = emr.get_application(applicationId=world.output("spark_application"))["application"]

    assert (application["state"], application["architecture"]) == ("CREATED", "ARM64")
    assert "initialCapacity" not in application
    assert application["maximumCapacity"] == {"cpu": "64 vCPU", "memory": "256 GB"}
    assert application["autoStopConfiguration"] == {"enabled": True, "idleTimeoutMinutes": 5}
    assert len(application["networkConfiguration"]["subnetIds"]) == 3


def test_kafka_is_in_three_zones_and_knows_clients_by_iam(world: World) -> None:
    (cluster,) = world.client("kafka").list_clusters_v2()["ClusterInfoList"]

    (place,) = cluster["Serverless"]["VpcConfigs"]
    assert cluster["Serverless"]["ClientAuthentication"] == {"Sasl": {"Iam": {"Enabled": True}}}
    assert len(place["SubnetIds"]) == 3
    assert world.output("kafka_brokers").endswith(":9098")


def test_topics_feed_who_reads_the_streams_of_the_same_names(world: World) -> None:
    (cluster,) = world.client("kafka").list_clusters_v2()["ClusterInfoList"]
    mappings = world.client("lambda").list_event_source_mappings()["EventSourceMappings"]

    fed = {it["Topics"][0]: it for it in mappings if it["EventSourceArn"] == cluster["ClusterArn"]}
    assert fed.keys() == {"positions", "sales"}
    for topic, function in (("positions", "position-writer"), ("sales", "sales-aggregator")):
        mapping = fed[topic]
        assert mapping["FunctionArn"].split(":")[6] == f"{PREFIX}-{function}"
        assert mapping["AmazonManagedKafkaEventSourceConfig"] == {"ConsumerGroupId": f"{PREFIX}-{function}"}
        assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": arn_of_queue("topic-failures")}}
