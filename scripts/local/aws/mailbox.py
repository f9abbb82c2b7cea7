"""The letters that SES was asked to send: what a developer or a test reads instead of a mailbox.

moto does not keep when SES took a letter; `install` has it do so.
"""

import email
import email.policy
import time
from collections.abc import Callable
from typing import Any

from moto.ses.models import Message, RawMessage, ses_backends

from scripts.local import ACCOUNT

PATH = "/_blueprint/mailbox"
SENT_AT = "sent_at"


def install() -> None:
    """Have each letter know from when it is."""
    for kind in (Message, RawMessage):
        kind.__init__ = _dated(kind.__init__)  # type: ignore[method-assign]


def messages() -> list[dict[str, Any]]:
    """Return every letter, the oldest first.

    Of each its `id`, `source`, `destinations`, `subject`, `body` and `sent_at`, in seconds since the epoch.
    """
    return [
        {"id": message.id, SENT_AT: getattr(message, SENT_AT), **_described(message)}
        for backend in ses_backends[ACCOUNT].values()
        for message in backend.sent_messages
        if isinstance(message, Message | RawMessage)
    ]


def _dated(make: Callable[..., None]) -> Callable[..., None]:
    def made(self: Message | RawMessage, *arguments: Any, **named: Any) -> None:
        make(self, *arguments, **named)
        setattr(self, SENT_AT, time.time())

    return made


def _described(message: Message | RawMessage) -> dict[str, Any]:
    if isinstance(message, RawMessage):
        letter = email.message_from_string(message.raw_data, policy=email.policy.default)
        text = letter.get_body(("plain", "html"))
        return {
            "source": message.source,
            "destinations": list(message.destinations),
            "subject": letter["subject"],
            "body": text.get_content() if text else "",
        }
    return {
        "source": message.source,
        "destinations": [address for addresses in message.destinations.values() for address in addresses],
        "subject": message.subject,
        "body": message.body,
    }
