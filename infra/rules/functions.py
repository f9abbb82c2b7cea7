"""What the settings of functions, and of what feeds them, forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule
from infra.settings.functions import NAMES, Function, OrderedQueueFunction, QueueFunction, StreamFunction

if TYPE_CHECKING:
    from infra.settings import Settings

STREAMS = {
    "position_writer": "positions",
    "sales_aggregator": "sales",
    "media_renditions": "media",
    "media_captions": "media",
}
"""Which stream feeds which function; a queue is called like its function."""

LAMBDA_VISIBILITY_FACTOR = 6
"""AWS: set a queue's visibility timeout to at least six times the function's, plus the batch window."""

UNRESERVED = 100
"""Concurrent calls that AWS insists on leaving to everything that reserves none."""

ACCOUNT_CONCURRENCY = 1_000
"""AWS: concurrent calls of an account and region, unless more are asked for."""


def _functions(settings: "Settings") -> Iterator[tuple[str, Function]]:
    """Each function by its name."""
    for name in NAMES:
        yield name, getattr(settings.functions, name)


def _queue_functions(settings: "Settings") -> Iterator[tuple[str, OrderedQueueFunction]]:
    for name, function in _functions(settings):
        if isinstance(function, OrderedQueueFunction):
            yield name, function


def _stream_functions(settings: "Settings") -> Iterator[tuple[str, StreamFunction]]:
    for name, function in _functions(settings):
        if isinstance(function, StreamFunction):
            yield name, function


def _queue_waits_for_its_function(settings: "Settings") -> Iterator[Problem]:
    for name, function in _queue_functions(settings):
        window = function.batch_window if isinstance(function, QueueFunction) else 0
        least = LAMBDA_VISIBILITY_FACTOR * function.timeout + window
        hidden = getattr(settings.queues, name).visibility_timeout
        if hidden < least:
            yield Problem(
                key=f"queues.{name}.visibility_timeout",
                value=hidden,
                allowed=f"at least {least}, six times functions.{name}.timeout plus batch_window",
                remedy="Raise it, or messages come back while their first delivery is still at work.",
            )


def _large_batches_need_a_window(settings: "Settings") -> Iterator[Problem]:
    for name, function in _queue_functions(settings):
        if isinstance(function, QueueFunction) and function.batch_size > 10 and not function.batch_window:
            yield Problem(
                key=f"functions.{name}.batch_window",
                value=0,
                allowed="at least 1 where batch_size is above 10",
                remedy="SQS gives 10 messages at once: wait for more, or lower batch_size.",
            )


def _records_outlive_their_retries(settings: "Settings") -> Iterator[Problem]:
    for name, function in _stream_functions(settings):
        stream = STREAMS[name]
        retention = getattr(settings.streams, stream).retention_hours * 3_600
        if function.max_age > retention:
            yield Problem(
                key=f"functions.{name}.max_age",
                value=function.max_age,
                allowed=f"at most streams.{stream}.retention_hours in seconds, {retention}",
                remedy="A record that the stream has dropped reaches no failure queue: lower it.",
            )


def _queue_calls_no_more_than_is_reserved(settings: "Settings") -> Iterator[Problem]:
    for name, function in _queue_functions(settings):
        reserved, asked = function.reserved_concurrency, function.max_concurrency
        if reserved is not None and (asked is None or asked > reserved):
            yield Problem(
                key=f"functions.{name}.max_concurrency",
                value=asked,
                allowed=f"2 to reserved_concurrency, {reserved}",
                remedy="Lower it: calls that are refused count as receives, and messages become "
                "dead letters.",
            )


def _stream_calls_fit_what_is_reserved(settings: "Settings") -> Iterator[Problem]:
    for name, function in _stream_functions(settings):
        stream = STREAMS[name]
        calls = (getattr(settings.streams, stream).shards or 1) * function.parallelisation
        if function.reserved_concurrency is not None and function.reserved_concurrency < calls:
            yield Problem(
                key=f"functions.{name}.reserved_concurrency",
                value=function.reserved_concurrency,
                allowed=f"at least streams.{stream}.shards times parallelisation, {calls}",
                remedy="Raise it, or some shards wait while others are read.",
            )


def _warm_environments_fit_what_is_reserved(settings: "Settings") -> Iterator[Problem]:
    api = settings.functions.api
    reserved, warm = api.reserved_concurrency, api.provisioned_concurrency
    if reserved is not None and warm is not None and warm > reserved:
        yield Problem(
            key="functions.api.provisioned_concurrency",
            value=warm,
            allowed=f"at most reserved_concurrency, {reserved}",
            remedy="Lower it or raise reserved_concurrency.",
        )


def _functions_leave_the_account_room(settings: "Settings") -> Iterator[Problem]:
    reserved = sum(function.reserved_concurrency or 0 for _, function in _functions(settings))
    if reserved > ACCOUNT_CONCURRENCY - UNRESERVED:
        yield Problem(
            key="functions",
            value=f"{reserved} reserved",
            allowed=f"at most {ACCOUNT_CONCURRENCY - UNRESERVED} of reserved_concurrency altogether",
            remedy=f"Reserve less: of {ACCOUNT_CONCURRENCY}, AWS keeps {UNRESERVED} for all others.",
        )


RULES: tuple[Rule, ...] = (
    _queue_waits_for_its_function,
    _large_batches_need_a_window,
    _records_outlive_their_retries,
    _queue_calls_no_more_than_is_reserved,
    _stream_calls_fit_what_is_reserved,
    _warm_environments_fit_what_is_reserved,
    _functions_leave_the_account_room,
)
