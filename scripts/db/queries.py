"""The shop's queries by name, each asked as the shop itself asks it.

A query is the function of a store that asks it, so its SQL stays in one place. `tests/app/test_plans.py`
looks at the plan of each, and finds statements in the code that no query here asks.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.best_sellers import store as best_sellers
from app.catalog import store as catalog
from app.catalog.schemas import NewProduct
from app.catalog.service import as_tsquery
from app.couriers import store as couriers
from app.inventory import reservations, stock
from app.inventory.reservations import Taken
from app.orders import store as orders
from app.orders.schemas import Order, OrderLine
from app.orders.sharding import TABLES, slot_of_customer
from app.payments import store as payments
from app.platform import idempotency, outbox, ownership, relay
from app.platform.database import ReadSession, WriteSession
from app.platform.idempotency import Attempt, Reply
from app.platform.identifiers import first_uuid7, time_of, uuid7
from app.platform.pagination import Cursor
from app.platform.resharding import Mover
from app.platform.slots import slot_of_id
from app.reports import store as reports
from lambdas.order_notifications.orders import SELECT_ORDER
from lambdas.payment_capture import payments as capture
from lambdas.position_writer.positions import STORE_POSITIONS

NO_ORDER = uuid7()
NOBODY = UUID(int=0)
PRODUCT = NewProduct(
    sku=f"PLAN-{NO_ORDER.hex[-12:].upper()}",
    name="Cup",
    description="It holds tea",
    category="Ceramics",
    price_minor=100,
    currency="EUR",
    image_path="/media/products/CER-001.svg",
)


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Rows that there are, for queries to look for; invented ones where a table is empty."""

    product_id: int = 1
    category: str = "Ceramics"
    word: str = "cup"
    order_id: UUID = NO_ORDER
    customer_id: UUID = NOBODY
    payment_id: UUID = NO_ORDER
    courier_id: str = "c-1"
    event_id: int = 1

    @classmethod
    async def of(cls, session: ReadSession) -> "Samples":
        """Look for rows: of each table one that is not at its beginning, if it has some."""
        found: dict[str, object] = {}
        for name, sql in SAMPLES.items():
            row = await session.row(sql)
            if row is not None:
                found[name] = row[0]
        return cls(**found)  # type: ignore[arg-type] # as the tables have them


SAMPLES = {
    "product_id": "SELECT id FROM products WHERE id > 10 ORDER BY id LIMIT 1",
    "category": "SELECT category FROM products WHERE id > 10 ORDER BY id LIMIT 1",
    "word": "SELECT substring(name FROM '[[:alnum:]]+$') FROM products WHERE id > 10 ORDER BY id LIMIT 1",
    "order_id": "SELECT id FROM orders ORDER BY id DESC LIMIT 1",
    "customer_id": "SELECT customer_id FROM orders ORDER BY id DESC LIMIT 1",
    "payment_id": "SELECT id FROM payments ORDER BY id DESC LIMIT 1",
    "courier_id": "SELECT courier_id FROM courier_latest LIMIT 1",
    "event_id": "SELECT id FROM outbox ORDER BY id DESC LIMIT 1",
}

Ask = Callable[[WriteSession, Samples], Awaitable[object]]


def new_order(of: Samples) -> Order:
    """Return an order of one line."""
    line = OrderLine(
        line_no=1, product_id=of.product_id, product_name="Cup", quantity=1, unit_price_minor=100
    )
    return Order(
        id=uuid7(slot_of_customer(of.customer_id)),
        customer_id=of.customer_id,
        customer_email="ada@example.com",
        status="placed",
        total_minor=100,
        currency="EUR",
        created_at=datetime.now(UTC),
        lines=[line],
    )


def new_event(of: Samples) -> outbox.Event:
    """Return an event."""
    return outbox.Event(
        type="order.placed", aggregate_id=str(of.order_id), data={}, slot=slot_of_id(of.order_id)
    )


def new_attempt(of: Samples) -> Attempt:
    """Return the sending of a request."""
    return Attempt.of(of.customer_id, str(uuid7()), b"")


async def answer_once(session: WriteSession, of: Samples) -> None:
    """Answer a request, and remember what."""

    async def work(_: WriteSession) -> Reply:
        return Reply(201, "/orders/1", "{}")

    await idempotency.once(session, new_attempt(of), slot_of_id(of.order_id), work)


async def take_stock(session: WriteSession, of: Samples) -> None:
    """Take nothing of a product's stock."""
    products = await stock.lock(session, [of.product_id])
    await stock.take(session, {of.product_id: 0}, products)


def positional(sql: str, **values: object) -> tuple[str, list[object]]:
    """Return a statement of a function, whose driver knows values by name, as one with numbers."""
    for place, name in enumerate(values, 1):
        sql = re.sub(rf":{name}\b", f"${place}", sql)
    return sql, list(values.values())


async def find_similar(session: ReadSession, of: Samples) -> None:
    """Ask for words that are alike, where the server can compare them."""
    if await catalog.knows_similarity(session):
        await catalog.similar(session, of.word, None, 20)


async def read_notified(session: ReadSession, of: Samples) -> None:
    """Ask what the function that notifies of an order asks."""
    sql, values = positional(SELECT_ORDER, order_id=of.order_id)
    await session.rows(sql, *values)


async def capture_payment(session: WriteSession, of: Samples) -> None:
    """Ask and write what the function that captures payments does."""

    async def run(statement: str, **values: object) -> None:
        sql, positions = positional(statement, **values)
        await session.rows(sql, *positions)

    await run(capture.FIND_PAYMENT, payment_id=of.payment_id, order_id=of.order_id)
    for statement in (capture.ORDER_STATUS, capture.LOCK_ORDER, capture.NOTE_ORDER, capture.ORDER_LINES):
        await run(statement, id=of.order_id)
    await run(capture.NOTE_PAYMENT, status="captured", payment_id=of.payment_id)
    event = new_event(of)
    await run(
        capture.TELL,
        event_id=event.id,
        type=event.type,
        aggregate_id=event.aggregate_id,
        payload=event.body().decode(),
        occurred_at=event.occurred_at,
        order_id=of.order_id,
    )


async def store_positions(session: WriteSession, of: Samples) -> None:
    """Store what the function that stores positions does."""
    sql, values = positional(
        STORE_POSITIONS,
        couriers=[of.courier_id],
        times=[datetime.now(UTC)],
        latitudes=[1.0],
        longitudes=[1.0],
    )
    await session.execute(sql, *values)


async def compare(session: ReadSession, of: Samples) -> None:
    """Ask what resharding asks of a slot's rows."""
    mover = Mover({}, TABLES)
    for table in TABLES:
        await mover.digests(session, table, slot_of_id(of.order_id))


def day_of(order_id: UUID) -> tuple[UUID, UUID]:
    """Return the ids between which are those of the day of an order."""
    end = time_of(order_id) + timedelta(minutes=1)
    return first_uuid7(end - timedelta(days=1)), first_uuid7(end)


QUERIES: Mapping[str, Ask] = {
    "best-sellers.sales": lambda session, of: best_sellers.sales(session, *day_of(of.order_id)),
    "best-sellers.sold": lambda session, of: best_sellers.sold(session, day_of(of.order_id)[0]),
    "best-sellers.summaries": lambda session, of: best_sellers.summaries(session, [of.product_id]),
    "catalog.product": lambda session, of: catalog.product(session, of.product_id),
    "catalog.page": lambda session, of: catalog.page(session, None, of.product_id, 21),
    "catalog.page-of-category": lambda session, of: catalog.page(session, of.category, of.product_id, 21),
    "catalog.search": lambda session, of: catalog.search(session, as_tsquery(of.word), None, None, 21),
    "catalog.search-further": lambda session, of: catalog.search(
        session, as_tsquery(of.word), of.category, Cursor(rank=0.5, id=of.product_id), 21
    ),
    "catalog.similar": find_similar,
    "catalog.categories": lambda session, _: catalog.categories(session),
    "catalog.add": lambda session, _: catalog.add(session, PRODUCT),
    "catalog.edit": lambda session, of: catalog.edit(session, of.product_id, PRODUCT),
    "catalog.delete": lambda session, of: catalog.delete(session, of.product_id),
    "catalog.locked-version": lambda session, of: catalog.locked_version(session, of.product_id),
    "couriers.latest": lambda session, of: couriers.latest(session, of.courier_id),
    "couriers.store": store_positions,
    "idempotency.once": answer_once,
    "idempotency.forget": lambda session, _: idempotency.forget_expired(session),
    "orders.insert": lambda session, of: orders.insert(session, new_order(of)),
    "orders.order": lambda session, of: orders.order(session, of.order_id),
    "orders.locked": lambda session, of: orders.locked(session, of.order_id),
    "orders.set-status": lambda session, of: orders.set_status(session, of.order_id, "paid"),
    "orders.set-courier": lambda session, of: orders.set_courier(session, of.order_id, of.courier_id),
    "orders.of-customer": lambda session, of: orders.of_customer(session, of.customer_id, of.order_id, 21),
    "orders.notify": read_notified,
    "inventory.take": take_stock,
    "inventory.reserve": lambda session, of: reservations.reserve(
        session, [Taken(of.order_id, {of.product_id: 1})], 60
    ),
    "inventory.adopt": lambda session, of: reservations.adopt(session, [of.order_id], 60),
    "inventory.hold": lambda session, of: reservations.hold(session, {of.order_id: datetime.now(UTC)}),
    "inventory.postpone": lambda session, of: reservations.postpone(session, of.order_id, datetime.now(UTC)),
    "inventory.consume": lambda session, of: reservations.consume(session, of.order_id),
    "inventory.give-back": lambda session, of: reservations.give_back(session, of.order_id),
    "inventory.expired": lambda session, _: reservations.expired(session, NOBODY),
    "payments.insert": lambda session, of: payments.insert(session, uuid7(), new_order(of), "good", "4242"),
    "payments.find": lambda session, of: payments.find(session, of.payment_id),
    "payments.of-order": lambda session, of: payments.of_order(session, of.order_id),
    "payments.settle": lambda session, of: payments.settle(session, of.payment_id, "declined"),
    "payments.begin-refund": lambda session, of: payments.begin_refund(session, of.order_id),
    "payments.take-open": lambda session, _: payments.take_open(session, 15, 120),
    "payments.capture": capture_payment,
    "outbox.append": lambda session, of: outbox.append(session, new_event(of)),
    "outbox.backlog": lambda session, _: outbox.backlog(session),
    "outbox.claim": lambda session, _: outbox.claim(session, relay.PAGE, [], []),
    "outbox.mark": lambda session, of: outbox.mark(session, [of.event_id]),
    "reports.orders": lambda session, of: reports.orders(session, *day_of(of.order_id)),
    "reports.sold": lambda session, of: reports.sold(session, *day_of(of.order_id)),
    "shards.compare": compare,
    "shards.slot": lambda session, of: ownership.slot(session, slot_of_id(of.order_id)),
    "shards.slots": lambda session, _: ownership.slots(session),
}
