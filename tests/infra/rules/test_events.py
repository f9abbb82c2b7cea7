"""What the settings of queues and streams forbid each other, and in which words."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, refusal

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"orders": {"visibility_timeout": 30}},
        (
            "orders.visibility_timeout is 30; allowed: at least 180, six times "
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
            "functions.position_writer.max_age is 86401; allowed: at most stream.retention_hours in seconds, "
            "86400."
        ),
        "A record that the stream has dropped reaches no failure queue: lower it.",
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal(DEV | config).splitlines()
