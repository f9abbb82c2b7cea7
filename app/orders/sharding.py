"""How orders are spread over shards: by customer, so that all orders of one are on one shard."""

from app.platform import outbox
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
    outbox.TABLE,
)


def slot_of_customer(email: str) -> int:
    """Return the slot of a customer's orders. An account's id will take the place of the address."""
    return slot_of_key(email.strip().casefold())
