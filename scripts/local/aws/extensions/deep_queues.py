"""SQS: a call costs about the same whether ten messages wait or thousands.

Needed for moto 5.2.5, which counts the messages of a queue ten times over for each message that it delivers,
to learn how long the queue keeps them, and asks a slow clock about each: where three thousand wait, a call
takes seconds.
"""

import time

from moto.sqs.models import Message, SQSBackend


def install() -> None:
    """Ask the queue how long it keeps messages and nothing else, and a quick clock."""
    Message.visible = property(_is_visible)  # type: ignore[assignment]
    Message.delayed = property(_is_delayed)  # type: ignore[assignment]
    SQSBackend.is_message_valid_based_on_retention_period = _is_kept  # type: ignore[method-assign]


def _is_visible(self: Message) -> bool:
    return time.time() * 1_000 > self.visible_at


def _is_delayed(self: Message) -> bool:
    return time.time() * 1_000 < self.delayed_until


def _is_kept(self: SQSBackend, queue_name: str, message: Message) -> bool:
    seconds: int = vars(self.get_queue(queue_name))["message_retention_period"]
    return seconds + float(message.sent_timestamp or 0) / 1_000 > time.time()
