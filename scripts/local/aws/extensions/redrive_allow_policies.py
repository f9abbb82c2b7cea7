"""SQS: `RedriveAllowPolicy` reads back. Needed for moto 5.2.5, which accepts it and never returns it."""

from moto.sqs.models import Queue


def install() -> None:
    """Let a queue have no such policy by default, and list it among its attributes."""
    Queue.redrive_allow_policy = None  # type: ignore[attr-defined]
    Queue.BASE_ATTRIBUTES.append("RedriveAllowPolicy")
