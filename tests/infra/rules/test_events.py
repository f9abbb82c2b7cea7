"""What the settings of queues and streams forbid each other, and in which words."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, refusal

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"queues": {"order_notifications": {"visibility_timeout": 30}}},
        (
            "queues.order_notifications.visibility_timeout is 30; allowed: at least 180, six times "
            "functions.order_notifications.timeout plus batch_window."
        ),
        "Raise it, or messages come back while their first delivery is still at work.",
    ),
    (
        {"functions": {"order_notifications": {"batch_size": 11}}},
        "functions.order_notifications.batch_window is 0; allowed: at least 1 where batch_size is above 10.",
        "SQS gives 10 messages at once: wait for more, or lower batch_size.",
    ),
    (
        {"functions": {"position_writer": {"max_age": 86_401}}},
        (
            "functions.position_writer.max_age is 86401; allowed: at most streams.positions.retention_hours "
            "in seconds, 86400."
        ),
        "A record that the stream has dropped reaches no failure queue: lower it.",
    ),
    (
        {"queues": {"order_notifications": {"max_receives": 1_000, "visibility_timeout": 400}}},
        (
            "queues.order_notifications.max_receives is 1000; allowed: fewer than 864, "
            "queues.order_notifications.retention_days over visibility_timeout."
        ),
        "A message would expire before it becomes a dead letter, and nobody would know: lower it.",
    ),
    (
        {"queues": {"order_notifications": {"retention_days": 14}}},
        (
            "queues.order_notifications.retention_days is 14; "
            "allowed: at most 13, less than dead letters are kept."
        ),
        "A dead letter keeps the age that it came with: lower it, or old ones expire at once.",
    ),
    (
        {"queues": {"order_notifications": {"age_alarm": 100}}},
        (
            "queues.order_notifications.age_alarm is 100; allowed: at least "
            "queues.order_notifications.visibility_timeout, 180, and less than retention_days in seconds, "
            "345600."
        ),
        "Below, a single retry rings; above, messages are gone before anybody hears of them.",
    ),
    (
        {"queues": {"order_notifications": {"age_alarm": 345_600}}},
        (
            "queues.order_notifications.age_alarm is 345600; allowed: at least "
            "queues.order_notifications.visibility_timeout, 180, and less than retention_days in seconds, "
            "345600."
        ),
        "Below, a single retry rings; above, messages are gone before anybody hears of them.",
    ),
    (
        {"queues": {"payment_capture": {"retention_days": 14}}},
        "queues.payment_capture.retention_days is 14; allowed: at most 13, less than dead letters are kept.",
        "A dead letter keeps the age that it came with: lower it, or old ones expire at once.",
    ),
    (
        {"streams": {"positions": {"fan_out": True}}},
        "streams.positions.fan_out is True; allowed: false where position_writer is the only reader.",
        "It would pay for a throughput that it has anyway: enable the lake, or leave it out.",
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal(DEV | config).splitlines()
