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


def _queues(settings: "Settings") -> Iterator[tuple[str, "Queue"]]:
    """Each queue by the section of its settings."""
    for name in type(settings.queues).model_fields:
        yield f"queues.{name}", getattr(settings.queues, name)


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
    _messages_die_before_they_expire,
    _dead_letters_outlive_their_queue,
    _waiting_is_noticed_in_time,
    _own_throughput_needs_other_readers,
)
