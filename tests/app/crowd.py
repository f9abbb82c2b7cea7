"""A shop with a million orders, written by COPY in seconds, for tests of what large tables need."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from app.platform.identifiers import first_uuid7
from app.platform.partitions import AHEAD, month
from app.platform.slots import SLOTS

ORDERS = 1_000_000
OTHERS = 100_000  # rows of each other table
CHUNK = 10_000
# The tables that grow with the shop: none of its queries may read one from end to end.
LARGE = (
    "orders",
    "order_lines",
    "payments",
    "idempotency_keys",
    "outbox",
    "products",
    "courier_positions",
    "courier_latest",
)
CUSTOMERS = 50_000


def time_of(number: int) -> datetime:
    """Return when a row is from: they are spread over all months that there are."""
    start, end = month(datetime.now(UTC)), month(datetime.now(UTC), AHEAD + 1)
    return start + (end - start) * (number / ORDERS)


class Rows:
    """The rows of each table as text, by number."""

    def __init__(self) -> None:
        self._start = first_uuid7(time_of(0)).int >> 80
        self._step = ((first_uuid7(time_of(ORDERS)).int >> 80) - self._start) / ORDERS

    def identifier(self, number: int) -> str:
        """Return the id of an order, which is in one of all slots."""
        return f"{int(self._start + number * self._step):012x}7{number % SLOTS:03x}8{number:015x}"

    def orders(self, number: int) -> str:
        customer = number % CUSTOMERS
        return (
            f"{self.identifier(number)}\t{UUID(int=customer)}\tuser{customer}@example.com\tplaced\t100\tEUR"
            "\t2026-01-01Z\n"
        )

    def order_lines(self, number: int) -> str:
        return f"{self.identifier(number)}\t1\t{number % OTHERS + 1}\tCup\t1\t100\n"

    def payments(self, number: int) -> str:
        identifier = self.identifier(number)
        status = "captured" if number < OTHERS - 100 else "pending"
        return f"{identifier}\t{identifier}\t{status}\t100\tEUR\tgood\t4242\n"

    def idempotency_keys(self, number: int) -> str:
        customer = UUID(int=number % CUSTOMERS)
        return f"{customer}\t{number}\t{number % SLOTS}\t\\\\x00\t201\t/\t{{}}\t2099-01-01Z\n"

    def outbox(self, number: int) -> str:
        published = "2026-01-01Z" if number < OTHERS - 100 else r"\N"
        identifier = self.identifier(number)
        return f"{identifier}\torder.placed\t{identifier}\t{{}}\t2026-01-01Z\t{published}\t{number % SLOTS}\n"

    def products(self, number: int) -> str:
        name = f"Cup m{number % 997}"
        return f"SKU-{number}\t{name}\tA thing to have\tCategory {number % 20}\t100\tEUR\t/c.svg\t10\n"

    def courier_positions(self, number: int) -> str:
        return f"c-{number % 1000}\t{time_of(number * ORDERS // OTHERS)}\t1\t1\n"

    def courier_latest(self, number: int) -> str:
        return f"c-{number}\t2026-01-01Z\t1\t1\n"


COLUMNS = {
    "orders": "id, customer_id, customer_email, status, total_minor, currency, created_at",
    "order_lines": "order_id, line_no, product_id, product_name, quantity, unit_price_minor",
    "payments": "id, order_id, status, amount_minor, currency, card, card_last_four",
    "idempotency_keys": "owner, key, slot, fingerprint, status, location, body, expires_at",
    "outbox": "event_id, type, aggregate_id, payload, occurred_at, published_at, slot",
    "products": "sku, name, description, category, price_minor, currency, image_path, stock",
    "courier_positions": "courier_id, recorded_at, latitude, longitude",
    "courier_latest": "courier_id, recorded_at, latitude, longitude",
}


async def gather(connection: asyncpg.Connection) -> None:
    """Fill the tables of a database whose user is a superuser: references are not checked, row by row."""
    await connection.execute("SET session_replication_role = replica")
    rows = Rows()
    for table in LARGE:
        count = ORDERS if table in {"orders", "order_lines"} else OTHERS
        await connection.copy_to_table(
            table,
            source=_encoded(getattr(rows, table), count),
            columns=COLUMNS[table].split(", "),
        )
    await connection.execute("VACUUM ANALYZE")


async def _encoded(row: Callable[[int], str], count: int) -> AsyncIterator[bytes]:
    for start in range(0, count, CHUNK):
        yield "".join(map(row, range(start, start + CHUNK))).encode()
