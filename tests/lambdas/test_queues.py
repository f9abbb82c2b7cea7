"""Messages are hidden while they are worked on, come back late after a failure, and are dead in the end."""

import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger

from lambdas.queues import Consumer, visibility
from lambdas.queues.visibility import Visibility, delay_after
from tests.lambdas.aws_events import delivered
from tests.lambdas.conftest import Context
from tests.waiting import wait_until

ColdStart = Callable[[str], ModuleType]
MOST = 3  # receives


class Queue:
    """A queue with its dead-letter queue."""

    def __init__(self, sqs: Any, suffix: str = "", **attributes: str) -> None:
        self.sqs = sqs
        name = f"queue-{uuid4().hex[:8]}"
        kind = {"FifoQueue": "true"} if suffix else {}
        self.dead = sqs.create_queue(QueueName=f"{name}-dead{suffix}", Attributes=kind)["QueueUrl"]
        policy = f'{{"deadLetterTargetArn": "{self._arn_of(self.dead)}", "maxReceiveCount": {MOST}}}'
        own = kind | attributes | {"RedrivePolicy": policy}
        self.url = sqs.create_queue(QueueName=f"{name}{suffix}", Attributes=own)["QueueUrl"]
        self.arn = self._arn_of(self.url)

    def _arn_of(self, url: str) -> str:
        return str(
            self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        )

    def send(self, body: str, **more: str) -> None:
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **more)

    def receive(self, url: str = "", wait: int = 0) -> list[dict[str, Any]]:
        """What can be received at the moment, as Lambda hands it to a function."""
        answer = self.sqs.receive_message(
            QueueUrl=url or self.url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
            WaitTimeSeconds=wait,
        )
        return [delivered(message, self.arn) for message in answer.get("Messages", [])]

    def delete(self) -> None:
        for url in (self.url, self.dead):
            self.sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def make(client: Callable[[str], Any]) -> Iterator[Callable[..., Queue]]:
    made: list[Queue] = []

    def make(suffix: str = "", **attributes: str) -> Queue:
        made.append(Queue(client("sqs"), suffix, **attributes))
        return made[-1]

    yield make
    for queue in made:
        queue.delete()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what failed come back at once."""
    monkeypatch.setattr(visibility, "delay_after", lambda _: 0)


def work_off(module: ModuleType, queue: Queue, records: list[dict[str, Any]]) -> None:
    """Do what Lambda does: delete what did not fail, and leave the rest to its visibility."""
    answer = module.handler({"Records": records}, Context())
    failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    for record in records:
        if record["messageId"] not in failed:
            queue.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=record["receiptHandle"])


def test_what_there_is_no_time_for_is_not_begun_and_comes_again(
    make: Callable[..., Queue], client: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs, queue = client("sqs"), make()
    begun: list[str] = []
    monkeypatch.setattr("boto3.client", lambda *_, **__: sqs)
    left = iter([30_000, 20_000, 10_000, 9_999])  # milliseconds, at each look
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: next(left))
    for number in range(3):
        queue.send(str(number))
    records = queue.receive()
    consumer = Consumer(lambda record: begun.append(record.body), Logger())

    answer = consumer.work_off({"Records": records}, Context())  # type: ignore[arg-type] # what of it is read

    assert begun == [record["body"] for record in records[:2]]
    assert answer == {"batchItemFailures": [{"itemIdentifier": records[2]["messageId"]}]}


@pytest.mark.parametrize("function", ["order_notifications", "order_inventory"])
def test_a_poison_message_reaches_the_dead_letter_queue_at_exactly_its_most_receives(
    cold_start: ColdStart, make: Callable[..., Queue], at_once: None, function: str
) -> None:
    module, queue = cold_start(function), make()
    queue.send("poison")

    attempts = 0
    while records := queue.receive():
        attempts += len(records)
        work_off(module, queue, records)

    assert attempts == MOST
    [dead] = queue.receive(queue.dead)
    assert dead["body"] == "poison"


def test_what_failed_comes_back_later_and_not_with_the_queues_own_timeout(
    make: Callable[..., Queue], client: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = make(VisibilityTimeout="3600")
    for number in range(12):
        queue.send(str(number))
    records = queue.receive() + queue.receive()
    assert queue.receive() == []

    monkeypatch.setattr(visibility, "delay_after", lambda _: 0)
    Visibility(client("sqs")).postpone(records)

    again = queue.receive() + queue.receive()
    assert {record["body"] for record in again} == {str(number) for number in range(12)}


def test_messages_of_a_group_come_back_together(
    make: Callable[..., Queue], client: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = make(".fifo", VisibilityTimeout="3600")
    for number, group in enumerate("aab"):
        queue.send(str(number), MessageGroupId=group, MessageDeduplicationId=str(number))
    records = queue.receive()
    delays = iter([0, 3600, 3600])
    monkeypatch.setattr(visibility, "delay_after", lambda _: next(delays))

    Visibility(client("sqs")).postpone(records)

    assert [record["body"] for record in queue.receive()] == ["0", "1"]


def test_delays_grow_with_each_attempt_up_to_a_limit_and_are_spread_over_half_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts = (1, 2, 3, 4, 6, 7, 1_000)
    monkeypatch.setattr("random.randint", max)
    longest = [delay_after(attempt) for attempt in attempts]
    monkeypatch.setattr("random.randint", min)
    shortest = [delay_after(attempt) for attempt in attempts]

    assert longest == [20, 40, 80, 160, 640, 900, 900]
    assert shortest == [10, 20, 40, 80, 320, 450, 450]


def test_while_work_lasts_its_messages_stay_hidden_and_afterwards_the_heart_stands_still(
    make: Callable[..., Queue], client: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visibility, "BEAT", 0.01)
    queue = make(VisibilityTimeout="1")
    queue.send("long work")
    records = queue.receive()
    sqs = Counting(client("sqs"))

    with Visibility(sqs).held(records):
        wait_until(lambda: sqs.calls >= 2)
        assert queue.receive(wait=2) == []

    beats = sqs.calls
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]
    assert sqs.calls == beats


class Counting:
    """A client that counts how often the visibility was changed."""

    def __init__(self, client: Any) -> None:
        self.meta = client.meta
        self.calls = 0
        self._client = client

    def change_message_visibility_batch(self, **parameters: Any) -> Any:
        answer = self._client.change_message_visibility_batch(**parameters)
        self.calls += 1
        return answer


def test_a_queue_that_cannot_be_told_keeps_its_own_timeout_and_the_answer_stands(
    cold_start: ColdStart, make: Callable[..., Queue], monkeypatch: pytest.MonkeyPatch
) -> None:
    module, queue = cold_start("order_inventory"), make()
    said: list[str] = []
    monkeypatch.setattr(visibility.logger, "warning", lambda text, *values: said.append(text % values))
    queue.send("poison")
    [record] = queue.receive()
    gone = record | {"eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:gone"}

    answer = module.handler({"Records": [gone]}, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    assert [text.partition(":")[0] for text in said] == ["messages keep their visibility"]
