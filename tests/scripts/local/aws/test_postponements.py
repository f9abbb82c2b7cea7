"""Postponed messages come back when they are called; those that somebody works on do not."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.waiting import PATIENCE


@pytest.fixture
def end(endpoint: str) -> Callable[[], int]:
    def end() -> int:
        answer = httpx.delete(f"{endpoint}/_blueprint/postponements", timeout=PATIENCE)
        return int(answer.json()["ended"])

    return end


@pytest.fixture
def queue(aws: Callable[[str], Any]) -> Iterator[str]:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="postponements", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    for number in range(2):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    yield url
    sqs.delete_queue(QueueUrl=url)


def received(sqs: Any, queue: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sqs.receive_message(QueueUrl=queue).get("Messages", [])
    return found


def test_a_postponed_message_comes_back_when_called_and_one_that_is_worked_on_does_not(
    aws: Callable[[str], Any], end: Callable[[], int], queue: str
) -> None:
    sqs = aws("sqs")
    [postponed], [_worked_on] = received(sqs, queue), received(sqs, queue)
    sqs.change_message_visibility(
        QueueUrl=queue, ReceiptHandle=postponed["ReceiptHandle"], VisibilityTimeout=300
    )
    assert received(sqs, queue) == []

    assert end() == 1

    assert [message["MessageId"] for message in received(sqs, queue)] == [postponed["MessageId"]]
    assert end() == 0  # somebody works on it again
    assert received(sqs, queue) == []
