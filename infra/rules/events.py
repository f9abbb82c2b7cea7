"""What the settings of queues and streams forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings

LAMBDA_VISIBILITY_FACTOR = 6
"""AWS: set a queue's visibility timeout to at least six times the function's, plus the batch window."""


def _queue_waits_for_its_function(settings: "Settings") -> Iterator[Problem]:
    function = settings.functions.order_notifications
    least = LAMBDA_VISIBILITY_FACTOR * function.timeout + function.batch_window
    if settings.orders.visibility_timeout < least:
        yield Problem(
            key="orders.visibility_timeout",
            value=settings.orders.visibility_timeout,
            allowed=f"at least {least}, six times functions.order_notifications.timeout plus batch_window",
            remedy="Raise it, or messages come back while their first delivery is still at work.",
        )


def _large_batches_need_a_window(settings: "Settings") -> Iterator[Problem]:
    function = settings.functions.order_notifications
    if function.batch_size > 10 and not function.batch_window:
        yield Problem(
            key="functions.order_notifications.batch_window",
            value=0,
            allowed="at least 1 where batch_size is above 10",
            remedy="SQS gives 10 messages at once: wait for more, or lower batch_size.",
        )


def _records_outlive_their_retries(settings: "Settings") -> Iterator[Problem]:
    retention = settings.stream.retention_hours * 3_600
    if settings.functions.position_writer.max_age > retention:
        yield Problem(
            key="functions.position_writer.max_age",
            value=settings.functions.position_writer.max_age,
            allowed=f"at most stream.retention_hours in seconds, {retention}",
            remedy="A record that the stream has dropped reaches no failure queue: lower it.",
        )


RULES: tuple[Rule, ...] = (
    _queue_waits_for_its_function,
    _large_batches_need_a_window,
    _records_outlive_their_retries,
)
