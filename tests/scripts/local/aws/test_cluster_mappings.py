"""Functions that are fed by a Kafka cluster."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.scripts.local.aws import test_serverless_clusters as clusters
from tests.scripts.local.aws.test_event_source_mappings import function

Aws = Callable[[str], Any]

GROUP = {"ConsumerGroupId": "readers"}


def create(aws: Aws, source: str, name: str) -> dict[str, Any]:
    created: dict[str, Any] = aws("lambda").create_event_source_mapping(
        EventSourceArn=source,
        FunctionName=function(aws, name),
        Topics=["positions"],
        AmazonManagedKafkaEventSourceConfig=GROUP,
        StartingPosition="TRIM_HORIZON",
        BatchSize=500,
    )
    return created


def test_a_mapping_of_a_cluster_reads_back_with_its_topic_and_group(aws: Aws) -> None:
    source = clusters.create(aws("kafka"), "feeds")

    created = create(aws, source, "fed")

    mapping = aws("lambda").get_event_source_mapping(UUID=created["UUID"])
    assert (mapping["EventSourceArn"], mapping["Topics"], mapping["BatchSize"]) == (
        source,
        ["positions"],
        500,
    )
    assert mapping["AmazonManagedKafkaEventSourceConfig"] == GROUP


def test_a_cluster_that_is_not_there_feeds_nobody(aws: Aws) -> None:
    source = clusters.create(aws("kafka"), "there").replace("there", "elsewhere")

    with pytest.raises(ClientError, match="does not exist"):
        create(aws, source, "hungry")


def test_moto_itself_still_refuses_clusters(moto: Aws) -> None:
    with pytest.raises(ClientError, match="Invalid EventSourceArn"):
        create(moto, clusters.create(moto("kafka"), "refused-cluster"), "refused-by-moto")
