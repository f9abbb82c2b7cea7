"""The payments' SQL, on the shard of the order."""

from dataclasses import dataclass
from uuid import UUID

from app.orders.schemas import Order
from app.payments.provider import Reason
from app.payments.schemas import Payment, Status
from app.platform.database import ReadSession, WriteSession
from app.platform.resharding import ShardedTable

TABLE = ShardedTable(name="payments", key="id", order="id")
PAGE = 100  # payments that are looked for at once
COLUMNS = (
    "id, order_id, status, amount_minor, currency, card_last_four, decline_reason, created_at, card, charge"
)


@dataclass(frozen=True)
class Kept:
    """A payment with what only the provider understands: the tokens of the card and of the charge."""

    payment: Payment
    card: str
    charge: str | None


async def insert(session: WriteSession, payment_id: UUID, order: Order, card: str, last_four: str) -> None:
    """Write down what is about to be paid."""
    await session.execute(
        """
        INSERT INTO payments (id, order_id, status, amount_minor, currency, card, card_last_four)
        VALUES ($1, $2, 'pending', $3, $4, $5, $6)
        """,
        payment_id,
        order.id,
        order.total_minor,
        order.currency,
        card,
        last_four,
    )


async def find(session: ReadSession, payment_id: UUID) -> Kept | None:
    """Return a payment."""
    return await _one(session, "id = $1", payment_id)


async def of_order(session: ReadSession, order_id: UUID) -> Kept | None:
    """Return an order's payment: the newest, which is the only one that was not declined."""
    return await _one(session, "order_id = $1 ORDER BY id DESC LIMIT 1", order_id)


async def settle(
    session: WriteSession,
    payment_id: UUID,
    status: Status,
    charge: str | None = None,
    reason: Reason | None = None,
) -> None:
    """Write down what became of a payment; one that is authorised counts as tried from now on."""
    await session.execute(
        """
        UPDATE payments
        SET status = $2, charge = coalesce($3, charge), decline_reason = $4,
            tried_at = CASE $2 WHEN 'authorised' THEN now() ELSE '-infinity' END
        WHERE id = $1
        """,
        payment_id,
        status,
        charge,
        reason,
    )


async def begin_refund(session: WriteSession, order_id: UUID) -> None:
    """Have what was paid for an order, or set aside, given back: whoever settles payments sees to it."""
    await session.execute(
        """
        UPDATE payments SET status = 'refunding', tried_at = '-infinity'
        WHERE order_id = $1 AND status IN ('authorised', 'captured')
        """,
        order_id,
    )


async def take_open(session: WriteSession, seconds: float, authorised_seconds: float) -> list[UUID]:
    """Return payments, at most some, whose outcome is open and that nobody has tried for so long.

    Those that are authorised have a longer time of their own, in which they are captured elsewhere. All count
    as tried from now on, so that one that always fails keeps none from their turn.
    """
    rows = await session.rows(
        """
        UPDATE payments SET tried_at = now() WHERE id IN (
            SELECT id FROM payments
            WHERE status IN ('pending', 'authorised', 'refunding')
            AND tried_at < now() - make_interval(secs => $1)
            AND (status <> 'authorised' OR tried_at < now() - make_interval(secs => $2))
            ORDER BY tried_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
        ) RETURNING id
        """,
        seconds,
        authorised_seconds,
        PAGE,
    )
    return [row["id"] for row in rows]


async def _one(session: ReadSession, condition: str, value: UUID) -> Kept | None:
    row = await session.row(f"SELECT {COLUMNS} FROM payments WHERE {condition}", value)  # noqa: S608 - ours
    if row is None:
        return None
    return Kept(Payment.model_validate(dict(row)), row["card"], row["charge"])
