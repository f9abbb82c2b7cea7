"""The data lake, its delivery, Spark and Kafka: what their options come to, and what they grant."""

from typing import Any

import pytest
from pulumi.runtime.mocks import MockResourceArgs

from infra.components.data_lake import DataLake, LakeTable
from infra.components.delivery import Delivery
from infra.components.kafka import Kafka, KafkaArgs, TopicMapping
from infra.components.queue import DeadLetterQueue
from infra.components.spark import Spark, SparkArgs
from scripts.evaluation.recorder import Answers, record
from tests.infra.components.examples.analytics import TABLE, a_lake, delivery_args, lake_args
from tests.infra.components.examples.parts import a_function
from tests.infra.components.test_queues import granted, user

JSON = LakeTable(columns={"id": "string"}, since="2025-01-01", format="json")
BUCKET = "arn:aws:s3:us-east-1:123456789012:blueprint-dev-lake-1"
CLUSTER = "arn:aws:kafka:us-east-1:1:cluster/events/uuid-s1"


def destination(table: LakeTable, **more: Any) -> dict[str, Any]:
    """Where a delivery into a lake with this table goes."""

    def program() -> None:
        lake = DataLake("lake", lake_args(t=table))
        Delivery("delivery", delivery_args(lake=lake, **more))

    found: dict[str, Any] = record(program).one("FirehoseDeliveryStream").inputs["extendedS3Configuration"]
    return found


def processors(found: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The parameters of each processor, by its type."""
    return {
        it["type"]: {each["parameterName"]: each["parameterValue"] for each in it["parameters"]}
        for it in found["processingConfiguration"]["processors"]
    }


def test_parquet_is_converted_by_the_table_and_not_compressed_again() -> None:
    found = destination(TABLE)

    assert found["compressionFormat"] == "UNCOMPRESSED"
    assert found["dataFormatConversionConfiguration"]["schemaConfiguration"]["tableName"] == "t"
    assert "processingConfiguration" not in found
    assert found["prefix"] == "tables/t/dt=!{timestamp:yyyy-MM-dd}/"


def test_json_is_compressed_and_has_a_line_a_record() -> None:
    found = destination(JSON)

    assert found["compressionFormat"] == "GZIP"
    assert "dataFormatConversionConfiguration" not in found
    assert processors(found) == {"AppendDelimiterToRecord": {"Delimiter": "\\n"}}


@pytest.mark.parametrize("table", [TABLE, JSON], ids=["parquet", "json"])
def test_a_records_own_day_is_taken_out_of_it(table: LakeTable) -> None:
    found = destination(table, day_of_record=".at[0:10]")

    assert processors(found)["MetadataExtraction"] == {
        "JsonParsingEngine": "JQ-1.6",
        "MetadataExtractionQuery": "{dt:.at[0:10]}",
    }
    assert found["dynamicPartitioningConfiguration"] == {"enabled": True}
    assert found["prefix"] == "tables/t/dt=!{partitionKeyFromQuery:dt}/"


def test_a_query_reads_tables_and_writes_answers_and_nothing_else() -> None:
    allowed = granted(lambda role: a_lake().grant_query(role))

    assert allowed[f"{BUCKET}/tables/*"] == ["s3:GetObject"]
    writes = [resource for resource, actions in allowed.items() if "s3:PutObject" in actions]
    assert writes == [f"{BUCKET}/queries/*"]
    workgroups = [
        resource for resource, actions in allowed.items() if "athena:StartQueryExecution" in actions
    ]
    assert workgroups == ["arn:aws:athena:us-east-1:123456789012:blueprint-dev-lake"]


def test_a_job_writes_what_it_derives_and_its_log_and_no_event() -> None:
    allowed = granted(lambda role: a_lake().grant_process(role))

    writes = {resource for resource, actions in allowed.items() if "s3:PutObject" in actions}
    assert writes == {f"{BUCKET}/derived/*", f"{BUCKET}/spark/*"}


def test_a_delivery_writes_into_its_own_table_alone() -> None:
    allowed = granted(lambda role: a_lake().grant_deliver(role, "t"))

    writes = {resource for resource, actions in allowed.items() if "s3:PutObject" in actions}
    assert writes == {f"{BUCKET}/tables/t/*", f"{BUCKET}/errors/t/*"}
    assert "arn:aws:glue:eu-west-1:1:table/blueprint_dev_lake/t" in allowed


def test_a_lake_whose_events_stay_has_no_rule_for_them() -> None:
    recording = record(a_lake)

    ids = [it["id"] for it in recording.one("BucketLifecycleConfiguration").inputs["rules"]]
    assert "answers" in ids
    assert "events" not in ids


def test_whoever_runs_jobs_passes_the_job_role_to_emr_serverless_alone() -> None:
    def program() -> None:
        args = SparkArgs(
            lake=a_lake(),
            vpc_id="vpc",
            subnet_ids=["subnet"],
            release="emr-7.9.0",
            architecture="x86_64",
            max_vcpus=8,
            idle_minutes=5,
        )
        Spark("spark", args).grant_run(user())

    recording = record(program)
    start, follow, passing = recording.one("RolePolicy", "user-run-spark").json("policy")["Statement"]
    application = "arn:aws:emrserverless:us-east-1:123456789012:blueprint-dev-spark"
    assert (start["Action"], start["Resource"]) == (["emr-serverless:StartJobRun"], [application])
    assert follow["Resource"] == [f"{application}/jobruns/*"]
    assert passing["Condition"] == {"StringLike": {"iam:PassedToService": "emr-serverless.amazonaws.com"}}
    assert recording.one("emrserverless/application:Application").inputs["maximumCapacity"] == {
        "cpu": "8 vCPU",
        "memory": "32 GB",
    }


class Msk(Answers):
    """Answers with an ARN of the form that MSK's have, from which topics and groups take theirs."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        id_, answer = super().new_resource(args)
        return id_, answer | {"arn": CLUSTER} if "msk" in args.typ else answer


def test_kafka_grants_topics_and_groups_by_name() -> None:
    def program() -> None:
        cluster, role = Kafka("kafka", KafkaArgs(vpc_id="vpc", subnet_ids=["subnet"])), user()
        cluster.grant_write(role, "orders")
        cluster.grant_read(role, "orders", "mailers")

    recording = record(program, mocks=Msk())
    allowed = {
        it.name: {
            resource: statement["Action"]
            for statement in it.json("policy")["Statement"]
            for resource in statement["Resource"]
        }
        for it in recording.of("iam/rolePolicy:RolePolicy")
    }
    topic = CLUSTER.replace(":cluster/", ":topic/") + "/orders"
    assert allowed["user-write-kafka-orders"] == {
        CLUSTER: ["kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"],
        topic: ["kafka-cluster:CreateTopic", "kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"],
    }
    assert allowed["user-read-kafka-orders"] == {
        CLUSTER: ["kafka-cluster:Connect", "kafka-cluster:DescribeClusterDynamicConfiguration"],
        topic: ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"],
        CLUSTER.replace(":cluster/", ":group/") + "/mailers": [
            "kafka-cluster:AlterGroup",
            "kafka-cluster:DescribeGroup",
        ],
    }


def test_kafka_admits_the_clients_that_it_is_told_of() -> None:
    def program() -> None:
        Kafka("kafka", KafkaArgs(vpc_id="vpc", subnet_ids=["subnet"])).allow_from(a_function("client"))

    rule = record(program).one("SecurityGroupIngressRule").inputs
    assert (rule["fromPort"], rule["referencedSecurityGroupId"]) == (9098, "client-function-id")


def test_a_function_reads_a_topic_as_a_group_of_its_own_name_from_within_the_clusters_group() -> None:
    def program() -> None:
        cluster = Kafka("kafka", KafkaArgs(vpc_id="vpc", subnet_ids=["subnet"]))
        cluster.allow_mappings()
        mapping = TopicMapping(batch_size=5, batch_window=1, max_retries=3, max_age=600)
        cluster.feed("orders", a_function("reader"), mapping, DeadLetterQueue("failures"))

    recording = record(program, mocks=Msk())
    mapping = recording.one("EventSourceMapping").inputs
    assert (mapping["eventSourceArn"], mapping["topics"]) == (CLUSTER, ["orders"])
    assert mapping["amazonManagedKafkaEventSourceConfig"] == {"consumerGroupId": "blueprint-dev-reader"}
    assert mapping["destinationConfig"]["onFailure"]["destinationArn"].endswith(":blueprint-dev-failures")
    (rule,) = [it.inputs for it in recording.of("SecurityGroupIngressRule")]
    assert (rule["fromPort"], rule["referencedSecurityGroupId"]) == (9098, rule["securityGroupId"])


def test_a_topics_function_may_report_records_and_gives_up_within_bounds() -> None:
    def program() -> None:
        cluster = Kafka("kafka", KafkaArgs(vpc_id="vpc", subnet_ids=["subnet"]))
        mapping = TopicMapping(batch_size=5, batch_window=1, max_retries=3, max_age=600)
        cluster.feed("orders", a_function("reader"), mapping, DeadLetterQueue("failures"))

    mapping = record(program, mocks=Msk()).one("EventSourceMapping").inputs
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (mapping["maximumRetryAttempts"], mapping["maximumRecordAgeInSeconds"]) == (3, 600)
    assert mapping["bisectBatchOnFunctionError"] is True
    assert mapping["provisionedPollerConfig"] == {"minimumPollers": 1}, "without pollers AWS takes none of it"


def test_the_lag_of_a_group_is_told_by_its_name_in_the_cluster() -> None:
    alarms = []

    def program() -> None:
        cluster = Kafka("kafka", KafkaArgs(vpc_id="vpc", subnet_ids=["subnet"]))
        alarms.append(cluster.lag_alarm("orders", "mailers", 1_000))

    record(program)
    (alarm,) = alarms
    assert (alarm.metric, alarm.threshold) == ("MaxOffsetLag", 1_000)
    assert alarm.dimensions == {
        "Cluster Name": "blueprint-dev-kafka",
        "Consumer Group": "mailers",
        "Topic": "orders",
    }
