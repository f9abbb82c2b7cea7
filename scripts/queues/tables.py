"""Queues and dead letters, as tables for people."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from lambdas.dead_letter_handler.description import DeadLetter
    from scripts.queues.overview import Queue
    from scripts.queues.redrive import Outcome

FAR = 60  # characters of an excerpt that a row shows


def overview(found: "Sequence[Queue]") -> Table:
    """Return the queues, one a row; dead letters of a queue stand in its own row."""
    table = _table("queue", "waiting", "in flight", "delayed", "dead letters", "oldest")
    dead = {queue.source: queue for queue in found if queue.source}
    for queue in found:
        if queue.source:
            continue
        letters = dead.get(queue.name)
        table.add_row(
            queue.name,
            str(queue.waiting),
            str(queue.in_flight),
            str(queue.delayed),
            "" if letters is None else str(letters.waiting + letters.in_flight),
            _age(queue.oldest),
        )
    return table


def letters(seen: "Sequence[DeadLetter]") -> Table:
    """Return dead letters, one a row."""
    table = _table("message", "sent (UTC)", "receives", "bytes", "about", "reason", "excerpt")
    for letter in seen:
        table.add_row(
            letter.message_id,
            f"{letter.sent_at:%Y-%m-%d %H:%M:%S}",
            str(letter.receives),
            str(letter.size),
            escape(_about(letter)),
            escape(letter.reason),
            escape(letter.excerpt if len(letter.excerpt) <= FAR else f"{letter.excerpt[:FAR]}..."),
        )
    return table


def left(outcome: "Outcome") -> Iterator[str]:
    """Yield a line for each message that stays."""
    for message_id, reason in outcome.left.items():
        yield f"left {message_id}: {escape(reason)}"


def _about(letter: "DeadLetter") -> str:
    if letter.records:
        stream = letter.records.stream_arn.rpartition("/")[2]
        return f"{letter.records.count} records of {stream}, {letter.records.shard}"
    about = f"{letter.event_type} {letter.aggregate_id}".strip()
    return about or letter.kind


def _age(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:,.0f} s"


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, pad_edge=False)
