"""Pulumi's names become Terraform's."""

import pytest

from scripts.local.engine import registry
from scripts.terraform import schema
from scripts.terraform.names import camel, plural, property_name, snake, type_name
from scripts.terraform.placeholders import PASSWORD

KNOWN = {"aws_sqs_queue", "aws_vpc", "aws_instance", "aws_db_instance", "aws_lb", "aws_caller_identity"}


@pytest.mark.parametrize(
    ("token", "type_"),
    [
        ("aws:sqs/queue:Queue", "aws_sqs_queue"),
        ("aws:ec2/vpc:Vpc", "aws_vpc"),
        ("aws:rds/instance:Instance", "aws_db_instance"),
        ("aws:lb/loadBalancer:LoadBalancer", "aws_lb"),
        ("aws:index/getCallerIdentity:getCallerIdentity", "aws_caller_identity"),
        ("aws:sqs/vpc:Vpc", None),
    ],
)
def test_a_type_is_found_by_its_words_or_in_the_table(token: str, type_: str | None) -> None:
    assert type_name(token, KNOWN) == type_


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("vpcId", "vpc_id"),
        ("rules", "rule"),
        ("queryStrings", "query_strings"),
        ("policies", "policy"),
        ("aliases", "alias"),
        ("openXJsonSerDe", "open_x_json_ser_de"),
        ("s3Key", "s3_key"),
        ("unheardOf", None),
    ],
)
def test_a_property_is_found_in_snake_case_and_lists_by_their_singular(key: str, name: str | None) -> None:
    known = {"vpc_id", "rule", "query_strings", "policy", "alias", "open_x_json_ser_de", "s3_key"}
    assert property_name("aws_thing", key, known) == name


def test_an_exact_spelling_wins_over_the_singular() -> None:
    assert property_name("aws_thing", "values", {"value", "values"}) == "values"


@pytest.mark.parametrize("name", ["vpc_id", "s3_key", "rule"])
def test_snake_case_and_camel_case_are_each_others_inverse(name: str) -> None:
    assert snake(camel(name)) == name


def test_plurals_are_made_as_pulumi_makes_them() -> None:
    assert [plural(it) for it in ("rule", "policy", "alias", "key")] == [
        "rules",
        "policies",
        "aliases",
        "keys",
    ]


def test_the_extract_of_the_schema_has_every_type_that_the_program_may_use() -> None:
    known = schema.load()
    types = {it for it in registry.types() - {PASSWORD} if not type_name(it, known.resources)}
    functions = {it for it in registry.functions() if not type_name(it, known.data_sources)}
    assert not types | functions, "renew scripts/terraform/schema.json as scripts/terraform/extract.py says"
