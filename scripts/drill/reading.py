"""Reads the books of a drill: the database's, the mailbox, and the queues'."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.dead_letter_handler.peeking import peeked
from scripts.drill.books import Acknowledged, Books, Capture, Mail, Movement, Shelf
from scripts.drill.notes import Note, killed, notes
from scripts.drill.stack import Consumer, Stack

MOST_DEAD = 1_000  # dead letters of a queue that are looked at
OUTBOX = "outbox"
SUBJECT = re.compile(r"Your order ([0-9a-f-]{36})")

STOCK = "SELECT id, stock FROM products"
ORDERED = "SELECT product_id, sum(quantity) FROM order_lines GROUP BY product_id"
MOVED = "SELECT product_id, sum(quantity) FROM stock_movements GROUP BY product_id"
CAPTURED = "SELECT coalesce(sum(amount_minor), 0) FROM sandbox_ledger WHERE operation = 'capture'"
PAID = "SELECT coalesce(sum(total_minor), 0) FROM orders WHERE status IN ('paid', 'shipped', 'delivered')"
STATUSES = "SELECT id, status FROM orders WHERE id = ANY (CAST(:ids AS uuid[]))"
MOVEMENTS = """
SELECT order_id, product_id, quantity FROM stock_movements WHERE order_id = ANY (CAST(:ids AS uuid[]))
"""
CAPTURES = """
SELECT order_id, taken.amount_minor FROM sandbox_ledger AS taken JOIN payments USING (charge)
WHERE operation = 'capture' AND order_id = ANY (CAST(:ids AS uuid[]))
"""
UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"


@dataclass(frozen=True)
class Start:
    """How things stood when the drill began: the shelf, and what lay in each dead-letter queue."""

    shelf: Shelf
    dead: Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Deeds:
    """What the drill itself has to answer for.

    Attributes:
        poison: the ids of the poison messages that it sent, by dead-letter queue.
        left: what the mailer had noted of its work when it was killed.
    """

    poison: Mapping[str, Sequence[str]]
    left: Collection[Note]


def start(stack: Stack, consumers: Sequence[Consumer]) -> Start:
    """Read how things stand."""
    with stack.database() as connection:
        return Start(_shelf(connection), _dead(stack, consumers))


def waiting(stack: Stack, consumers: Sequence[Consumer]) -> dict[str, int]:
    """Return how much is left in the outbox and in each queue, by its name."""
    with stack.database() as connection:
        [[unpublished]] = connection.run(UNPUBLISHED)
    return {OUTBOX: unpublished} | {name(one.queue): stack.depth(one.queue) for one in consumers}


def books(
    stack: Stack,
    consumers: Sequence[Consumer],
    begun: Start,
    acknowledged: Sequence[Acknowledged],
    deeds: Deeds,
) -> Books:
    """Read all books."""
    ids = [order.order_id for order in acknowledged]
    left = waiting(stack, consumers)
    dead = _dead(stack, consumers)
    mailed, noted = mails(stack), notes(stack, consumers)
    with stack.database() as connection:
        statuses = {str(order_id): status for order_id, status in connection.run(STATUSES, ids=ids)}
        movements = [
            Movement(order_id=str(order_id), product_id=product, quantity=int(quantity))
            for order_id, product, quantity in connection.run(MOVEMENTS, ids=ids)
        ]
        captures = [
            Capture(order_id=str(order_id), amount=int(amount))
            for order_id, amount in connection.run(CAPTURES, ids=ids)
        ]
        after = _shelf(connection)
    return Books(
        acknowledged=acknowledged,
        statuses=statuses,
        movements=movements,
        captures=captures,
        mails=mailed,
        noted={note.mail for note in noted if note.mail},
        killed=killed(deeds.left, noted, mailed),
        before=begun.shelf,
        after=after,
        waiting=left,
        poison=deeds.poison,
        dead={queue: _new(found, begun.dead[queue]) for queue, found in dead.items()},
    )


def name(queue: str) -> str:
    """Return the name of a queue by its URL."""
    return queue.rpartition("/")[2]


def _shelf(connection: Any) -> Shelf:
    [[captured]], [[paid]] = connection.run(CAPTURED), connection.run(PAID)
    return Shelf(
        stock=_quantities(connection.run(STOCK)),
        ordered=_quantities(connection.run(ORDERED)),
        moved=_quantities(connection.run(MOVED)),
        captured=int(captured),
        paid=int(paid),
    )


def _quantities(rows: Sequence[Sequence[Any]]) -> dict[int, int]:
    return {int(product): int(pieces) for product, pieces in rows}


def mails(stack: Stack) -> list[Mail]:
    """Return the mails about orders, the oldest first."""
    return [
        Mail(id=mail["id"], order_id=match[1], sent_at=mail["sent_at"])
        for mail in stack.mailbox()
        if (match := SUBJECT.search(mail["subject"]))
    ]


def _dead(stack: Stack, consumers: Sequence[Consumer]) -> dict[str, list[str]]:
    return {name(one.dead_letters): _ids(stack, one.dead_letters) for one in consumers}


def _ids(stack: Stack, queue: str) -> list[str]:
    """Return the ids of the messages of a queue, which stay there."""
    with peeked(stack.sqs, queue, MOST_DEAD) as messages:
        return [message["MessageId"] for message in messages]


def _new(found: Sequence[str], known: Sequence[str]) -> list[str]:
    return [message for message in found if message not in set(known)]
