"""How orders are spread over shards: by customer, so that all orders of one are on one shard."""

from uuid import UUID

from app.payments import store as payments_store
from app.platform import idempotency, outbox
from app.platform.resharding import ShardedTable
from app.platform.slots import slot_of_key

# What belongs to an order and moves with it; those that others refer to come first.
TABLES = (
    ShardedTable(name="orders", key="id", order="id"),
    ShardedTable(
        name="order_lines",
        key="order_id",
        order="line_no",
        of_slot="order_id IN (SELECT id FROM orders WHERE slot = $1)",
    ),
    payments_store.TABLE,
    idempotency.TABLE,
    outbox.TABLE,
)


def slot_of_customer(customer_id: UUID) -> int:
    """Return the slot of a customer's orders."""
    return slot_of_key(str(customer_id))
