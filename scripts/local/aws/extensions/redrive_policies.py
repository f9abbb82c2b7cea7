"""SQS: a redrive policy reads back as it was written. Needed for moto 5.2.5, which spaces it otherwise."""

from typing import Any

from moto.sqs.models import Queue

_setup = Queue._setup_dlq
_attributes = Queue.attributes


def install() -> None:
    """Keep the text beside what it says."""
    Queue._setup_dlq = _setup_with_text  # type: ignore[method-assign]
    Queue.attributes = property(_attributes_with_text)  # type: ignore[method-assign,assignment]


def _setup_with_text(self: Queue, policy: Any) -> None:
    _setup(self, policy)
    vars(self)["redrive_text"] = policy if isinstance(policy, str) else None


def _attributes_with_text(self: Queue) -> dict[str, Any]:
    attributes: dict[str, Any] = _attributes.fget(self)  # type: ignore[attr-defined]
    text = vars(self).get("redrive_text")
    return {**attributes, "RedrivePolicy": text} if text and "RedrivePolicy" in attributes else attributes
