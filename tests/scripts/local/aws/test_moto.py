"""What our stacks need of moto itself: a new version must not lose it."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_the_public_parameter_of_the_newest_amazon_linux_answers(
    aws: Callable[[str], Any], architecture: str
) -> None:
    name = f"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}"

    assert aws("ssm").get_parameter(Name=name)["Parameter"]["Value"].startswith("ami-")


def test_the_addresses_of_cloudfront_have_a_prefix_list(aws: Callable[[str], Any]) -> None:
    wanted = [{"Name": "prefix-list-name", "Values": ["com.amazonaws.global.cloudfront.origin-facing"]}]

    (found,) = aws("ec2").describe_managed_prefix_lists(Filters=wanted)["PrefixLists"]

    assert found["PrefixListId"].startswith("pl-")


def test_policies_that_aws_manages_can_be_attached(aws: Callable[[str], Any]) -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"

    assert aws("iam").get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn


def test_no_image_of_anybody_else_is_in_the_inventory(aws: Callable[[str], Any]) -> None:
    assert aws("ec2").describe_images()["Images"] == []


def test_a_read_replica_becomes_available_with_its_own_endpoint_and_names_its_source(
    aws: Callable[[str], Any],
) -> None:
    rds = aws("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="primary",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="shop",
        MasterUserPassword="secret-enough",
        AllocatedStorage=20,
    )
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="primary", DBInstanceClass="db.t4g.small"
    )

    (primary,) = rds.describe_db_instances(DBInstanceIdentifier="primary")["DBInstances"]
    (replica,) = rds.describe_db_instances(DBInstanceIdentifier="replica")["DBInstances"]
    assert primary["ReadReplicaDBInstanceIdentifiers"] == ["replica"]
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == "primary"
    assert replica["DBInstanceStatus"] == "available"
    assert replica["DBInstanceClass"] == "db.t4g.small"
    assert replica["Endpoint"]["Address"] != primary["Endpoint"]["Address"]
