"""Receiving from a queue where many messages wait counts none of them."""

import pytest
from moto.sqs.models import Queue, SQSBackend

from scripts.local.aws.extensions import deep_queues

MESSAGES = 10
_attributes = Queue.attributes


@pytest.fixture
def backend() -> SQSBackend:
    """SQS with a queue of messages, in this process, which counts how often all its attributes are asked."""
    backend = SQSBackend("us-east-1", "123456789012")
    backend.create_queue("deep")
    for number in range(MESSAGES):
        backend.send_message("deep", str(number))
    return backend


@pytest.fixture
def asked(backend: SQSBackend, monkeypatch: pytest.MonkeyPatch) -> list[Queue]:
    """The queues whose attributes were counted together, each time anew."""
    found: list[Queue] = []

    def count(queue: Queue) -> object:
        found.append(queue)
        return _attributes.fget(queue)  # type: ignore[attr-defined] # a property

    monkeypatch.setattr(Queue, "attributes", property(count))
    return found


def received(backend: SQSBackend) -> list[str]:
    return [message.body for message in backend.receive_message("deep", MESSAGES, 0, 30)]


def test_moto_counts_them_for_each_message_that_it_delivers(backend: SQSBackend, asked: list[Queue]) -> None:
    """Once it does no more, the extension can go."""
    assert received(backend) == [str(number) for number in range(MESSAGES)]
    assert len(asked) >= MESSAGES


def test_with_the_extension_none_is_counted_and_each_is_delivered_while_the_queue_keeps_it(
    backend: SQSBackend, asked: list[Queue], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SQSBackend, "is_message_valid_based_on_retention_period", deep_queues._is_kept)
    vars(backend.get_queue("deep")._messages[0])["sent_timestamp"] = (
        0  # in 1970: it should have gone long ago
    )

    assert "0" not in received(backend)
    assert received(backend) == [str(number) for number in range(1, MESSAGES)]
    assert asked == []
