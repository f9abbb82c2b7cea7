"""What `order_notifications` notes of its work: what it is at, and until when, and which mails it sent."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.drill.books import Mail
from scripts.drill.pace import TIMEOUT
from scripts.drill.stack import Consumer, Stack

MAILER = "order_notifications"


@dataclass(frozen=True, kw_only=True)
class Note:
    """What the table has of an event.

    Attributes:
        key: of the event.
        until: when nobody has mailed until then, another may try; in seconds since the epoch.
        mail: the id of the mail that was sent; None where it is not noted that one was.
    """

    key: str
    until: float
    mail: str | None


def notes(stack: Stack, consumers: Iterable[Consumer]) -> list[Note]:
    """Read the notes of the one of the consumers that mails."""
    [mailer] = [one for one in consumers if one.name == MAILER]
    configuration = stack.client("lambda").get_function_configuration(FunctionName=mailer.function)
    table = configuration["Environment"]["Variables"]["IDEMPOTENCY_TABLE"]
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    items = (item for page in pages for item in page["Items"])
    return [_note(item) for item in items if item["id"]["S"].startswith(f"{MAILER}#")]


def left_behind(stack: Stack, consumers: Iterable[Consumer], at: float) -> set[Note]:
    """Read what the mailer was at when all of its processes were killed, at `at`, or stopped until they are.

    Whoever came after them has time until later.
    """
    found = notes(stack, consumers)
    return {note for note in found if note.mail is None and note.until <= at + TIMEOUT}


def killed(left: Iterable[Note], now: Sequence[Note], mails: Iterable[Mail]) -> dict[str, list[float]]:
    """Return, by order, until when the attempts had time that were killed before they noted a mail.

    `left` are the notes of who was killed, as they were then. Of these count the ones that somebody took over
    since, and noted a mail: the table lets nobody take over what is noted as done, nor before the time is up.
    """
    orders, latest = {mail.id: mail.order_id for mail in mails}, {note.key: note for note in now}
    found: dict[str, list[float]] = defaultdict(list)
    for note in left:
        successor = latest.get(note.key, note)
        if successor.mail in orders and successor.until > note.until:
            found[orders[successor.mail]].append(note.until)
    return dict(found)


def _note(item: dict[str, Any]) -> Note:
    """Read an item as Powertools writes it: `in_progress_expiration` is in milliseconds."""
    done = item["status"]["S"] == "COMPLETED"
    return Note(
        key=item["id"]["S"],
        until=int(item["in_progress_expiration"]["N"]) / 1000,
        mail=json.loads(item["data"]["S"]) if done else None,
    )
