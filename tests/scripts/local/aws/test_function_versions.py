"""Versions and aliases of functions: what was set reads back."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Aws = Callable[[str], Any]
ROLE = '{"Version":"2012-10-17","Statement":[]}'


def published(aws: Aws, name: str, **more: Any) -> str:
    """A function with a published version and the alias `live`; returns the alias' ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("handler.py", "def handler(event, context):\n    return None\n")
    role = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=ROLE)["Role"]["Arn"]
    created = aws("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="handler.handler",
        Role=role,
        Code={"ZipFile": archive.getvalue()},
        Publish=True,
        **more,
    )
    alias = aws("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion=created["Version"])
    return str(alias["AliasArn"])


def mapped(aws: Aws, name: str) -> dict[str, Any]:
    """A mapping from a queue to the alias of a function."""
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    source = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    alias = published(aws, name)
    mapping: dict[str, Any] = aws("lambda").create_event_source_mapping(
        EventSourceArn=source, FunctionName=alias
    )
    return {**mapping, "Alias": alias}


def test_a_mapping_feeds_the_alias_that_it_was_made_with(aws: Aws) -> None:
    mapping = mapped(aws, "aliased")

    read = aws("lambda").get_event_source_mapping(UUID=mapping["UUID"])
    assert mapping["FunctionArn"] == read["FunctionArn"] == mapping["Alias"]
    assert mapping["Alias"].endswith(":function:aliased:live")


def test_how_a_function_logs_reads_back_with_its_versions(aws: Aws) -> None:
    config = {"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "LogGroup": "/aws/lambda/logging"}
    alias = published(aws, "logging", LoggingConfig=config)

    assert aws("lambda").get_function_configuration(FunctionName="logging")["LoggingConfig"] == config
    assert aws("lambda").get_function_configuration(FunctionName=alias)["LoggingConfig"] == config


def test_a_function_logs_as_text_to_its_own_group_unless_told_otherwise(aws: Aws) -> None:
    published(aws, "plain")

    config = aws("lambda").get_function_configuration(FunctionName="plain")["LoggingConfig"]
    assert config == {"LogFormat": "Text", "LogGroup": "/aws/lambda/plain"}


def test_provisioned_concurrency_reads_back_until_it_is_deleted(aws: Aws) -> None:
    published(aws, "warm")
    awslambda, names = aws("lambda"), {"FunctionName": "warm", "Qualifier": "live"}

    awslambda.put_provisioned_concurrency_config(**names, ProvisionedConcurrentExecutions=3)
    read = awslambda.get_provisioned_concurrency_config(**names)
    awslambda.delete_provisioned_concurrency_config(**names)

    assert (read["RequestedProvisionedConcurrentExecutions"], read["Status"]) == (3, "READY")
    with pytest.raises(awslambda.exceptions.ProvisionedConcurrencyConfigNotFoundException):
        awslambda.get_provisioned_concurrency_config(**names)


def test_moto_itself_still_answers_otherwise(moto: Aws) -> None:
    mapping = mapped(moto, "aliased")

    assert mapping["FunctionArn"].endswith(":function:aliased:1")
    assert "LoggingConfig" not in moto("lambda").get_function_configuration(FunctionName="aliased")
    with pytest.raises(ClientError):
        moto("lambda").get_provisioned_concurrency_config(FunctionName="aliased", Qualifier="live")
