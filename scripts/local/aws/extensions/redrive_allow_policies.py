"""SQS: `RedriveAllowPolicy` reads back, until it is taken away.

Needed for moto 5.2.5, which accepts it and never returns it.
"""

from moto.sqs.models import Queue


def install() -> None:
    """Let a queue have no such policy by default, and list one that it has among its attributes."""
    Queue.redrive_allow_policy = property(_policy, _set_policy)  # type: ignore[attr-defined]
    Queue.BASE_ATTRIBUTES.append("RedriveAllowPolicy")


def _policy(queue: Queue) -> str | None:
    policy: str | None = vars(queue).get("redrive_allow_policy") or None  # an empty one is none
    return policy


def _set_policy(queue: Queue, policy: str | None) -> None:
    vars(queue)["redrive_allow_policy"] = policy
