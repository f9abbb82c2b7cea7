"""Inputs become arguments by the provider's schema, and nothing is dropped."""

from typing import Any

import pytest

from scripts.terraform import schema
from scripts.terraform.errors import ExportError
from scripts.terraform.translate import arguments


def translated(type_: str, **inputs: Any) -> dict[str, Any]:
    return arguments(type_, schema.load().resources[type_], inputs)


def test_a_block_that_is_given_once_is_written_as_a_list() -> None:
    written = translated(
        "aws_s3_bucket_versioning", bucket="b", versioningConfiguration={"status": "Enabled"}
    )
    assert written == {"bucket": "b", "versioning_configuration": [{"status": "Enabled"}]}


def test_blocks_in_blocks_are_followed() -> None:
    rules = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
    written = translated("aws_s3_bucket_server_side_encryption_configuration", bucket="b", rules=rules)
    assert written["rule"] == [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]


def test_the_keys_of_a_map_stay_as_they_are() -> None:
    assert translated("aws_vpc", tags={"costCentre": "42"}) == {"tags": {"costCentre": "42"}}


def test_an_object_that_is_an_attribute_has_all_of_its_members() -> None:
    written = translated("aws_default_security_group", vpcId="v", egress=[{"fromPort": 443}])
    assert written["egress"][0]["from_port"] == 443
    assert written["egress"][0]["cidr_blocks"] is None


def test_what_is_not_given_is_left_out() -> None:
    assert translated("aws_vpc", cidrBlock="10.0.0.0/16", ipv4NetmaskLength=None) == {
        "cidr_block": "10.0.0.0/16"
    }


@pytest.mark.parametrize(
    ("type_", "inputs", "message"),
    [
        ("aws_vpc", {"region": "eu-west-1"}, "region is no argument that provider 5.100 knows for aws_vpc"),
        ("aws_vpc", {"cidrBlock": ["10.0.0.0/16"]}, "cidrBlock is a list, a string is wanted"),
        ("aws_vpc", {"tags": "none"}, "tags is a str, an object is wanted"),
        (
            "aws_s3_bucket_versioning",
            {"bucket": "b"},
            "versioning_configuration must be given for aws_s3_bucket",
        ),
        (
            "aws_s3_bucket_versioning",
            {"bucket": "b", "versioningConfiguration": {}},
            "status must be given for aws_s3_bucket_versioning",
        ),
        (
            "aws_s3_bucket_versioning",
            {"bucket": "b", "versioningConfiguration": "Enabled"},
            "versioningConfiguration is a str, an object is wanted",
        ),
        ("aws_default_security_group", {"egress": [{"nought": 1}]}, "nought is none of "),
    ],
)
def test_what_terraform_would_not_take_is_an_error(type_: str, inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(ExportError, match=message):
        translated(type_, **inputs)
