"""The inventory tells what exists, and not what is gone."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any


def names(endpoint: str, kind: str) -> list[str]:
    with urllib.request.urlopen(f"{endpoint}/_blueprint/inventory") as answer:  # noqa: S310 - our server
        found: list[str] = json.load(answer).get(kind, [])
    return found


def test_what_is_made_is_listed_and_what_is_deleted_is_not(endpoint: str, aws: Callable[[str], Any]) -> None:
    url = aws("sqs").create_queue(QueueName="counted")["QueueUrl"]
    assert "counted" in names(endpoint, "sqs us-east-1 queues")
    aws("sqs").delete_queue(QueueUrl=url)
    assert "counted" not in names(endpoint, "sqs us-east-1 queues")


def test_a_key_that_waits_for_its_deletion_is_gone(endpoint: str, aws: Callable[[str], Any]) -> None:
    key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
    assert key in names(endpoint, "kms us-east-1 keys")
    aws("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert key not in names(endpoint, "kms us-east-1 keys")


def test_what_is_kept_in_groups_is_listed_by_group_and_name(endpoint: str, aws: Callable[[str], Any]) -> None:
    vpc = aws("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = aws("ec2").create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24", AvailabilityZone="us-east-1a")
    assert f"us-east-1a {subnet['Subnet']['SubnetId']}" in names(endpoint, "ec2 us-east-1 subnets")


def test_what_aws_makes_by_itself_is_not_counted(endpoint: str, aws: Callable[[str], Any]) -> None:
    aws("dynamodb").create_table(
        TableName="encrypted",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True},
    )
    vpc = aws("ec2").create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    own_key = aws("kms").describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["KeyId"]
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    [acl] = aws("ec2").describe_network_acls(Filters=of_vpc)["NetworkAcls"]
    assert own_key not in names(endpoint, "kms us-east-1 keys")
    assert acl["NetworkAclId"] not in names(endpoint, "ec2 us-east-1 network_acls")


def test_a_peering_that_is_deleted_is_gone(endpoint: str, aws: Callable[[str], Any]) -> None:
    ec2 = aws("ec2")
    one, other = (ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in (61, 62))
    made = ec2.create_vpc_peering_connection(VpcId=one, PeerVpcId=other)["VpcPeeringConnection"]
    id_ = made["VpcPeeringConnectionId"]
    assert id_ in names(endpoint, "ec2 us-east-1 vpc_pcxs")
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=id_)
    assert id_ not in names(endpoint, "ec2 us-east-1 vpc_pcxs")


def test_an_application_that_is_terminated_is_gone(endpoint: str, aws: Callable[[str], Any]) -> None:
    emr = aws("emr-serverless")
    id_ = emr.create_application(name="done", type="SPARK", releaseLabel="emr-7.9.0")["applicationId"]
    assert id_ in names(endpoint, "emr-serverless us-east-1 applications")
    emr.delete_application(applicationId=id_)
    assert id_ not in names(endpoint, "emr-serverless us-east-1 applications")
