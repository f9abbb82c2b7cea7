"""SQS whose postponed messages come back when they are called.

Consumers postpone what failed for longer each time, so that a poison message takes ten minutes to its
dead-letter queue: too long to watch. `DELETE /_blueprint/postponements` ends what ChangeMessageVisibility
began, in all queues, as if the time had passed, and tells how many messages that were. What somebody has
received and works on stays hidden: the visibility timeout of a queue is no postponement.
"""

from typing import Any

from moto.sqs.models import Message, SQSBackend, sqs_backends

from scripts.local import ACCOUNT

PATH = "/_blueprint/postponements"
MARK = "postponed_until"
"""What a postponed message is known by: it is hidden until then, and no later receive changed that."""

_change = SQSBackend.change_message_visibility


def install() -> None:
    """Mark messages that are postponed."""
    SQSBackend.change_message_visibility = _change_and_mark  # type: ignore[method-assign]


def end() -> dict[str, int]:
    """Let all postponed messages be received, and return how many they were."""
    ended = 0
    for backend in sqs_backends[ACCOUNT].values():
        for queue in backend.queues.values():
            for message in queue._messages:
                ended += _end(message)
    return {"ended": ended}


def _change_and_mark(self: SQSBackend, queue_name: str, receipt_handle: str, visibility_timeout: Any) -> None:
    _change(self, queue_name, receipt_handle, visibility_timeout)
    for message in self.get_queue(queue_name)._messages:
        if message.had_receipt_handle(receipt_handle):
            vars(message)[MARK] = message.visible_at


def _end(message: Message) -> bool:
    if message.visible or vars(message).get(MARK) != message.visible_at:
        return False
    message.visible_at = 0.0
    return True
