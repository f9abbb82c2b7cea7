"""Serverless clusters of MSK."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Aws = Callable[[str], Any]

SERVERLESS = {
    "VpcConfigs": [{"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}],
    "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
}


def create(kafka: Any, name: str) -> str:
    arn: str = kafka.create_cluster_v2(ClusterName=name, Serverless=SERVERLESS, Tags={"Stage": "dev"})[
        "ClusterArn"
    ]
    return arn


def test_a_cluster_is_active_and_reads_back_as_it_was_asked_for(aws: Aws) -> None:
    kafka = aws("kafka")
    arn = create(kafka, "events")

    cluster = kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]

    assert arn.startswith("arn:aws:kafka:us-east-1:123456789012:cluster/events/")
    assert (cluster["ClusterName"], cluster["ClusterType"], cluster["State"]) == (
        "events",
        "SERVERLESS",
        "ACTIVE",
    )
    assert cluster["Serverless"] == SERVERLESS
    assert cluster["Tags"] == kafka.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"Stage": "dev"}


def test_a_cluster_says_where_clients_that_sign_find_it(aws: Aws) -> None:
    kafka = aws("kafka")

    brokers = kafka.get_bootstrap_brokers(ClusterArn=create(kafka, "found"))

    assert brokers["BootstrapBrokerStringSaslIam"].endswith(".kafka-serverless.us-east-1.amazonaws.com:9098")


def test_a_deleted_cluster_is_not_found(aws: Aws) -> None:
    kafka = aws("kafka")
    arn = create(kafka, "gone")

    kafka.delete_cluster(ClusterArn=arn)

    with pytest.raises(kafka.exceptions.NotFoundException):
        kafka.describe_cluster_v2(ClusterArn=arn)
    with pytest.raises(kafka.exceptions.NotFoundException):
        kafka.get_bootstrap_brokers(ClusterArn=arn)


def test_moto_itself_still_leaves_clusters_unfinished_and_without_brokers(moto: Aws) -> None:
    kafka = moto("kafka")
    arn = create(kafka, "unfinished")

    assert kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["State"] == "CREATING"
    with pytest.raises(ClientError, match="500"):
        kafka.get_bootstrap_brokers(ClusterArn=arn)
