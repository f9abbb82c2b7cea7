"""AWS calls from asynchronous code."""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError, NoRegionError

from app.platform.aws import Aws
from app.platform.problems import UnavailableError
from app.platform.secret import DatabaseSecret
from app.platform.settings import SettingsError
from tests.app.shop import client


@pytest.fixture
def aws(variables: dict[str, str]) -> Iterator[Aws]:
    """Clients of the local AWS."""
    with Aws() as found:
        yield found


async def test_a_call_answers_as_boto3_does(aws: Aws, variables: dict[str, str]) -> None:
    answer = await aws.call("events", "describe_event_bus", Name=variables["EVENT_BUS"])

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


async def test_what_the_service_refuses_is_the_callers_error(aws: Aws) -> None:
    with pytest.raises(ClientError, match="NonExistentQueue"):
        await aws.call("sqs", "get_queue_attributes", QueueUrl="https://sqs/none")


async def test_a_service_that_cannot_be_reached_is_unavailable(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    with pytest.raises(UnavailableError, match="sqs does not answer at the moment"):
        await aws.call("sqs", "list_queues")


@pytest.mark.parametrize(
    ("status", "code", "passes"),
    [
        (400, "ProvisionedThroughputExceededException", True),
        (400, "ThrottlingException", True),
        (400, "ExpiredTokenException", True),
        (403, "ExpiredToken", True),
        (400, "ExpiredCodeException", False),
        (503, "ServiceUnavailable", True),
        (500, "InternalFailure", True),
        (400, "AccessDeniedException", False),
        (400, "ValidationException", False),
    ],
)
async def test_throttling_and_failures_of_the_service_pass_and_its_refusals_do_not(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, status: int, code: str, *, passes: bool
) -> None:
    def refuse(*_: object) -> None:
        response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(response, "PutRecord")  # type: ignore[arg-type]

    monkeypatch.setattr(aws, "_call", refuse)

    with pytest.raises(UnavailableError if passes else ClientError):
        await aws.call("kinesis", "put_record")


async def test_a_missing_region_is_a_mistake_and_not_an_outage(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    with Aws() as aws, pytest.raises(NoRegionError):
        await aws.call("sqs", "list_queues")


async def test_the_password_stands_in_no_text_about_the_credentials(
    aws: Aws, variables: dict[str, str]
) -> None:
    credentials = await DatabaseSecret(aws, variables["DATABASE_SECRET_ARN"]).read()

    assert credentials.password
    assert credentials.password not in repr(credentials)


@pytest.mark.parametrize("value", ["no JSON", json.dumps({"username": "shop"}), "[]"])
async def test_a_secret_that_is_not_a_databases_is_named(
    aws: Aws, variables: dict[str, str], value: str
) -> None:
    name = f"wrong-{variables['POSITIONS_STREAM']}"
    arn = client(variables, "secretsmanager").create_secret(Name=name, SecretString=value)["ARN"]

    with pytest.raises(SettingsError, match="must be JSON with username and password"):
        await DatabaseSecret(aws, arn).read()


async def test_a_secret_that_is_missing_is_named(aws: Aws) -> None:
    with pytest.raises(SettingsError, match="The secret missing of DATABASE_SECRET_ARN cannot be read"):
        await DatabaseSecret(aws, "missing").read()
