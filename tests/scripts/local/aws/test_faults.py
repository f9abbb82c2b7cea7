"""Calls are refused as AWS refuses them, as many and for as long as was said."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from pydantic import ValidationError

from scripts.local.aws.faults import Faults
from tests.waiting import PATIENCE, wait_until


@pytest.fixture
def ask(endpoint: str) -> Iterator[Callable[..., httpx.Response]]:
    def ask(method: str, document: object = None) -> httpx.Response:
        return httpx.request(method, f"{endpoint}/_blueprint/faults", json=document, timeout=PATIENCE)

    yield ask
    ask("DELETE")


def code_of(call: Callable[[], object]) -> str:
    """The error that a call is answered with; empty for none."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_the_calls_of_an_operation_are_refused_in_every_protocol_and_no_others(
    aws: Callable[[str], Any], ask: Callable[..., httpx.Response]
) -> None:
    sqs, tables, mails, topics = aws("sqs"), aws("dynamodb"), aws("sesv2"), aws("sns")
    for service, operation in (
        ("sqs", "ListQueues"),
        ("dynamodb", "ListTables"),
        ("sesv2", "ListEmailIdentities"),
        ("sns", "ListTopics"),
    ):
        fault = {"service": service, "operation": operation, "seconds": 600}
        assert ask("POST", fault).status_code == 200

    refused = [sqs.list_queues, tables.list_tables, mails.list_email_identities, topics.list_topics]
    assert [code_of(call) for call in refused] == ["ThrottlingException"] * 4
    assert code_of(lambda: sqs.create_queue(QueueName="beside-a-fault")) == ""
    assert ask("GET").json()["refused"]["sqs.ListQueues"] >= 1

    ask("DELETE")
    assert [code_of(call) for call in refused] == [""] * 4


def test_a_fault_of_a_whole_service_has_the_error_that_it_names_and_ends_by_itself(
    aws: Callable[[str], Any], ask: Callable[..., httpx.Response]
) -> None:
    kinesis = aws("kinesis")
    error = "ProvisionedThroughputExceededException"
    ask("POST", {"service": "kinesis", "seconds": 0.5, "error": error})

    assert code_of(kinesis.list_streams) == error
    wait_until(lambda: code_of(kinesis.list_streams) == "")
    assert ask("GET").json()["faults"] == []


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"service": "sqs"}, "seconds"),
        ({"service": "sqs", "seconds": 0}, "seconds"),
        ({"service": "sqs", "seconds": 1, "share": 2}, "share"),
        ({"service": "sqs", "seconds": 1, "operatoin": "SendMessage"}, "operatoin"),
        ({"service": "s3", "seconds": 1}, "S3"),
        ("no object", "object"),
    ],
)
def test_what_describes_no_fault_is_refused_with_the_reason(
    ask: Callable[..., httpx.Response], document: object, named: str
) -> None:
    answer = ask("POST", document)

    assert answer.status_code == 400
    assert named in answer.json()["error"]
    assert ask("GET").json()["faults"] == []


def test_an_address_that_is_nobodys_is_not_found(endpoint: str) -> None:
    assert httpx.get(f"{endpoint}/_blueprint/moon", timeout=PATIENCE).status_code == 404


def test_a_share_of_the_calls_is_spread_evenly_until_the_time_is_over() -> None:
    now = 100.0
    faults = Faults(clock=lambda: now)
    faults.begin(json.dumps({"service": "sqs", "seconds": 5, "share": 0.5}).encode())

    answers = [faults.refusal("sqs", "SendMessage") is not None for _ in range(6)]
    assert answers == [False, True] * 3
    now = 105.0

    assert [faults.refusal("sqs", "SendMessage") for _ in range(2)] == [None, None]
    assert faults.described() == {"faults": [], "refused": {"sqs.SendMessage": 3}}


def test_a_fault_that_would_outlast_the_hour_is_none() -> None:
    with pytest.raises(ValidationError, match="3600"):
        Faults().begin(b'{"service": "sqs", "seconds": 3601}')
