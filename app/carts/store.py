"""The carts' table: of each cart one item a region, which only that region writes.

DynamoDB replicates items between regions, and of two writes to one item keeps the later: so no two regions
write the same one.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.carts.cart import Addition, Cart
from app.platform.table import Condition, ConditionError, Field, Item, Table

LIFETIME = 30 * 24 * 3600  # seconds that a region keeps its version after its last change


@dataclass(frozen=True)
class Version:
    """One region's version; `revision` counts its changes, `expires_at` is in Unix seconds."""

    region: str
    cart: Cart
    revision: int
    expires_at: int

    @property
    def is_expired(self) -> bool:
        """Whether it only waits to be dropped: DynamoDB takes some days."""
        return self.expires_at <= time.time()


async def versions(table: Table, owner: UUID) -> list[Version]:
    """Return the versions of the owner's cart that have come to this region.

    Raises:
        UnavailableError: DynamoDB does not answer, or asks to slow down.
    """
    return [_version(item) for item in await table.query(Field("cart_id", str(owner)))]


async def write(table: Table, owner: UUID, region: str, cart: Cart, revision: int) -> bool:
    """Write the region's next version; return False if another one was written since `revision`.

    Raises:
        UnavailableError: DynamoDB does not answer, or asks to slow down.
    """
    item = {
        "cart_id": str(owner),
        "written_in": region,
        "revision": revision + 1,
        "additions": _additions(cart),
        "seen": dict(cart.seen),
        "expires_at": int(time.time()) + LIFETIME,
    }
    unchanged = Condition(
        expression="attribute_not_exists(cart_id) OR revision = :revision", values={"revision": revision}
    )
    try:
        await table.put(item, unchanged)
    except ConditionError:
        return False
    return True


def _additions(cart: Cart) -> Sequence[Mapping[str, Any]]:
    return [
        {"product": product, "region": region, "number": number, "quantity": quantity}
        for product, additions in cart.lines.items()
        for (region, number), quantity in additions.items()
    ]


def _version(item: Item) -> Version:
    lines: dict[int, dict[Addition, int]] = {}
    for found in item["additions"]:
        addition = Addition(found["region"], found["number"])
        lines.setdefault(found["product"], {})[addition] = found["quantity"]
    cart = Cart(lines, item["seen"])
    return Version(item["written_in"], cart, item["revision"], item["expires_at"])
