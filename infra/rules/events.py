"""What the settings of queues and streams forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings

DAY = 86_400

DEAD_LETTER_DAYS = 14
"""Days that dead letters are kept: as long as SQS keeps anything."""

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


def _messages_die_before_they_expire(settings: "Settings") -> Iterator[Problem]:
    orders = settings.orders
    retention = orders.retention_days * DAY
    receiving = orders.max_receives * orders.visibility_timeout
    if receiving >= retention:
        yield Problem(
            key="orders.max_receives",
            value=orders.max_receives,
            allowed=f"fewer than {retention // orders.visibility_timeout}, orders.retention_days "
            "over visibility_timeout",
            remedy="A message would expire before it becomes a dead letter, and nobody would know: lower it.",
        )


def _dead_letters_outlive_their_queue(settings: "Settings") -> Iterator[Problem]:
    if settings.orders.retention_days >= DEAD_LETTER_DAYS:
        yield Problem(
            key="orders.retention_days",
            value=settings.orders.retention_days,
            allowed=f"at most {DEAD_LETTER_DAYS - 1}, less than dead letters are kept",
            remedy="A dead letter keeps the age that it came with: lower it, or old ones expire at once.",
        )


def _waiting_is_noticed_in_time(settings: "Settings") -> Iterator[Problem]:
    orders = settings.orders
    retention = orders.retention_days * DAY
    if not orders.visibility_timeout <= orders.age_alarm < retention:
        yield Problem(
            key="orders.age_alarm",
            value=orders.age_alarm,
            allowed=f"at least orders.visibility_timeout, {orders.visibility_timeout}, and less than "
            f"retention_days in seconds, {retention}",
            remedy="Below, a single retry rings; above, messages are gone before anybody hears of them.",
        )


def _bus_is_archived_only_where_it_is(settings: "Settings") -> Iterator[Problem]:
    if settings.bus.archive_days is not None and not settings.bus.enabled:
        yield Problem(
            key="bus.archive_days",
            value=settings.bus.archive_days,
            allowed="unset where bus.enabled is false",
            remedy="There are no events to keep: enable the bus, or leave it out.",
        )


def _own_throughput_needs_other_readers(settings: "Settings") -> Iterator[Problem]:
    if settings.stream.fan_out and not settings.lake.enabled:
        yield Problem(
            key="stream.fan_out",
            value=True,
            allowed="false where position_writer is the only reader",
            remedy="It would pay for a throughput that it has anyway: enable the lake, or leave it out.",
        )


def _bus_can_be_reached(settings: "Settings") -> Iterator[Problem]:
    network = settings.network
    closed = network.nat == "none" and not network.vpc
    if settings.bus.enabled and closed and "events" not in network.interface_endpoints:
        yield Problem(
            key="bus.enabled",
            value=True,
            allowed="false with network.nat none, or interface_endpoints for events",
            remedy="Without a way out, the shop cannot reach the bus: add the endpoint, or a NAT.",
        )


RULES: tuple[Rule, ...] = (
    _queue_waits_for_its_function,
    _large_batches_need_a_window,
    _records_outlive_their_retries,
    _messages_die_before_they_expire,
    _dead_letters_outlive_their_queue,
    _waiting_is_noticed_in_time,
    _bus_is_archived_only_where_it_is,
    _own_throughput_needs_other_readers,
    _bus_can_be_reached,
)
