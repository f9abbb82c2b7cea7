"""The letters that SES was asked to send: what a developer or a test reads instead of a mailbox."""

import email
import email.policy
from typing import Any

from moto.ses.models import Message, RawMessage, ses_backends

from scripts.local import ACCOUNT

PATH = "/_blueprint/mailbox"


def messages() -> list[dict[str, Any]]:
    """Return every letter, the oldest first: its `source`, `destinations`, `subject` and `body`."""
    return [
        _described(message)
        for backend in ses_backends[ACCOUNT].values()
        for message in backend.sent_messages
        if isinstance(message, Message | RawMessage)
    ]


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
