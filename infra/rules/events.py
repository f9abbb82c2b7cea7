"""What the settings of queues and streams forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings
    from infra.settings.events import Queue

DAY = 86_400

DEAD_LETTER_DAYS = 14
"""Days that dead letters are kept: as long as SQS keeps anything."""

LAMBDA_VISIBILITY_FACTOR = 6
"""AWS: set a queue's visibility timeout to at least six times the function's, plus the batch window."""


QUEUE_FUNCTIONS = ("order_notifications",)
"""The functions that are fed from the queues of the same names."""


def _queues(settings: "Settings") -> Iterator[tuple[str, "Queue"]]:
    """Each queue by the section of its settings."""
    for name in type(settings.queues).model_fields:
        yield f"queues.{name}", getattr(settings.queues, name)


def _queue_waits_for_its_function(settings: "Settings") -> Iterator[Problem]:
    for name in QUEUE_FUNCTIONS:
        function, queue = getattr(settings.functions, name), getattr(settings.queues, name)
        least = LAMBDA_VISIBILITY_FACTOR * function.timeout + function.batch_window
        if queue.visibility_timeout < least:
            yield Problem(
                key=f"queues.{name}.visibility_timeout",
                value=queue.visibility_timeout,
                allowed=f"at least {least}, six times functions.{name}.timeout plus batch_window",
                remedy="Raise it, or messages come back while their first delivery is still at work.",
            )


def _large_batches_need_a_window(settings: "Settings") -> Iterator[Problem]:
    for name in QUEUE_FUNCTIONS:
        function = getattr(settings.functions, name)
        if function.batch_size > 10 and not function.batch_window:
            yield Problem(
                key=f"functions.{name}.batch_window",
                value=0,
                allowed="at least 1 where batch_size is above 10",
                remedy="SQS gives 10 messages at once: wait for more, or lower batch_size.",
            )


def _records_outlive_their_retries(settings: "Settings") -> Iterator[Problem]:
    retention = settings.streams.positions.retention_hours * 3_600
    if settings.functions.position_writer.max_age > retention:
        yield Problem(
            key="functions.position_writer.max_age",
            value=settings.functions.position_writer.max_age,
            allowed=f"at most streams.positions.retention_hours in seconds, {retention}",
            remedy="A record that the stream has dropped reaches no failure queue: lower it.",
        )


def _messages_die_before_they_expire(settings: "Settings") -> Iterator[Problem]:
    for section, queue in _queues(settings):
        retention = queue.retention_days * DAY
        receiving = queue.max_receives * queue.visibility_timeout
        if receiving >= retention:
            yield Problem(
                key=f"{section}.max_receives",
                value=queue.max_receives,
                allowed=f"fewer than {retention // queue.visibility_timeout}, {section}.retention_days "
                "over visibility_timeout",
                remedy="A message would expire before it becomes a dead letter, and nobody would know: "
                "lower it.",
            )


def _dead_letters_outlive_their_queue(settings: "Settings") -> Iterator[Problem]:
    for section, queue in _queues(settings):
        if queue.retention_days >= DEAD_LETTER_DAYS:
            yield Problem(
                key=f"{section}.retention_days",
                value=queue.retention_days,
                allowed=f"at most {DEAD_LETTER_DAYS - 1}, less than dead letters are kept",
                remedy="A dead letter keeps the age that it came with: lower it, or old ones expire at once.",
            )


def _waiting_is_noticed_in_time(settings: "Settings") -> Iterator[Problem]:
    for section, queue in _queues(settings):
        retention = queue.retention_days * DAY
        if not queue.visibility_timeout <= queue.age_alarm < retention:
            yield Problem(
                key=f"{section}.age_alarm",
                value=queue.age_alarm,
                allowed=f"at least {section}.visibility_timeout, {queue.visibility_timeout}, and less than "
                f"retention_days in seconds, {retention}",
                remedy="Below, a single retry rings; above, messages are gone before anybody hears of them.",
            )


def _own_throughput_needs_other_readers(settings: "Settings") -> Iterator[Problem]:
    if settings.streams.positions.fan_out and not settings.lake.enabled:
        yield Problem(
            key="streams.positions.fan_out",
            value=True,
            allowed="false where position_writer is the only reader",
            remedy="It would pay for a throughput that it has anyway: enable the lake, or leave it out.",
        )


RULES: tuple[Rule, ...] = (
    _queue_waits_for_its_function,
    _large_batches_need_a_window,
    _records_outlive_their_retries,
    _messages_die_before_they_expire,
    _dead_letters_outlive_their_queue,
    _waiting_is_noticed_in_time,
    _own_throughput_needs_other_readers,
)
