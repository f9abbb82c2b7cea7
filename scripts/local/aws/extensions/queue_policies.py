"""SQS: setting other attributes of a queue leaves its policy alone.

Needed for moto 5.2.5, where every SetQueueAttributes without a policy removes the one that the queue has.
"""

from typing import Any

from moto.sqs.models import Queue

_set = Queue._set_attributes


def install() -> None:
    """Give the policy that a queue has along with the attributes that change."""
    Queue._set_attributes = _set_with_policy  # type: ignore[assignment]


def _set_with_policy(queue: Queue, attributes: dict[str, Any], now: float | None = None) -> None:
    current = queue.policy if hasattr(queue, "_policy_json") else None
    _set(queue, {"Policy": current, **attributes}, now)
