"""Taking orders: their rows, the stock that they take and the events that tell of them, once for each key.

With one database it is one transaction. With shards, stock is reserved first, the order is written next, and
the reservation is held for it last. Whoever repeats the request goes on with what it has reserved, so that no
stock is taken twice. Transactions on the stock are shared by all who order at the moment: what everybody
wants is locked, and waited for, once.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple, TypeVar
from uuid import UUID

from app.inventory import reservations, stock
from app.inventory.reservations import Taken
from app.orders import events, pricing, store
from app.orders.schemas import NewOrder, Order
from app.orders.sharding import slot_of_customer
from app.platform import idempotency, outbox
from app.platform.database import Database, WriteSession
from app.platform.group_commit import GroupCommit
from app.platform.idempotency import Attempt, AtWorkError, Reply
from app.platform.postgres import ServerLostError
from app.platform.problems import ShopError, UnavailableError
from app.platform.shards import Shards
from app.platform.slots import slot_of_id

logger = logging.getLogger(__name__)

T = TypeVar("T")

PAYMENT_WINDOW = 30 * 60  # seconds after which an order that is not paid is cancelled
# Seconds for which stock is reserved for an order that is not there yet, and for which its transaction may
# begin. The server ends a transaction that stands still after 30 seconds, and a statement after 5.
RESERVED = 300
WRITABLE = 240
ANY_SLOT = 0  # where one database has them all


@dataclass(frozen=True, eq=False)
class Wanted:
    """One sending of an order."""

    attempt: Attempt
    new: NewOrder


class Draft(NamedTuple):
    """An order whose stock is reserved, and until when it may be written."""

    order: Order
    until: datetime


class Placing:
    """Takes orders."""

    def __init__(self, shards: Shards, products: Database) -> None:
        """Take the shards of the orders, and the database of the products."""
        self._shards = shards
        self._products = products
        self._placing: GroupCommit[Wanted, Reply] = GroupCommit(partial(shards.write, ANY_SLOT), _place)
        self._reserving: GroupCommit[Wanted, Draft] = GroupCommit(products.write, _reserve)
        self._holding: GroupCommit[Order, None] = GroupCommit(products.write, _hold)

    async def place(self, wanted: Wanted) -> Reply:
        """Take the order. When this returns, all of it is committed.

        Raises:
            KeyReusedError, AtWorkError: see `app.platform.idempotency`.
            InvalidRequestError: a product does not exist, or the currencies differ.
            OutOfStockError: there is not enough of a product.
            UnavailableError: a database is down or busy.
        """
        if self._shards.is_plain:
            return await self._placing.ask(wanted)
        return await self._place_by_reserving(wanted)

    async def _place_by_reserving(self, wanted: Wanted) -> Reply:
        attempt = wanted.attempt
        slot = slot_of_customer(attempt.owner)
        look = partial(idempotency.reply, attempt=attempt)
        if said := await self._shards.read(slot, look, "strong"):
            return said
        draft = await self._reserving.ask(wanted)
        order_id = draft.order.id
        give_back = partial(reservations.give_back, order_id=order_id, only="own")
        try:
            write = partial(_write_in_time, draft=draft)
            said = await self._shards.write(
                slot, partial(idempotency.once, attempt=attempt, slot=slot, work=write)
            )
        except ServerLostError:
            raise  # perhaps it is committed: who repeats the request sees it, or the sweeper
        except Exception:
            await settled(order_id, self._products.write(give_back))
            raise
        if said.location == _location(order_id):
            await settled(order_id, self._holding.ask(draft.order))
        else:
            await settled(order_id, self._products.write(give_back))
        return said


async def settled(order_id: UUID, saying: Awaitable[T]) -> T | None:
    """Say to a reservation what became of its order; None where that is left to the sweeper."""
    try:
        return await saying
    except UnavailableError:
        logger.warning("a reservation is left to expire", extra={"order_id": str(order_id)})
        return None


def payable_until(order: Order) -> datetime:
    """Return when an order is cancelled that is not paid by then."""
    return order.created_at + timedelta(seconds=PAYMENT_WINDOW)


async def _place(session: WriteSession, wanted: Sequence[Wanted]) -> list[Reply | ShopError]:
    """Take orders whole, but for those that were answered before, are at work elsewhere, or cannot be."""
    known = await idempotency.begin(session, [one.attempt for one in wanted])
    answers: dict[Wanted, Reply | ShopError] = {
        one: said for one, said in zip(wanted, known, strict=True) if said is not None
    }
    new = [one for one in wanted if one not in answers]
    if new:
        orders, refused = await _take(session, new, {}, PAYMENT_WINDOW)
        answers |= refused
        answers |= await _write_new(session, orders)
    return [answers[one] for one in wanted]


async def _write_new(session: WriteSession, orders: Mapping[Wanted, Order]) -> dict[Wanted, Reply]:
    """Write orders, and remember what is replied."""
    replies = {}
    if orders:
        replies = dict(zip(orders, await _write(session, *orders.values()), strict=True))
        slots = [slot_of_id(order.id) for order in orders.values()]
        attempts = [one.attempt for one in orders]
        await idempotency.remember(session, list(zip(attempts, slots, replies.values(), strict=True)))
    return replies


async def _reserve(session: WriteSession, wanted: Sequence[Wanted]) -> list[Draft | ShopError]:
    """Take the stock for orders, or go on with what earlier sendings of the requests took."""
    until = datetime.now(UTC) + timedelta(seconds=WRITABLE)
    first = {one.attempt.claim: one for one in reversed(wanted)}
    claims = {one: claim for claim, one in first.items()}
    orders, refused = await _take(session, list(claims), claims, RESERVED)
    drafts = {one: Draft(order, until) for one, order in orders.items()}
    # Of several sendings of one request that came together, the first is at work.
    return [drafts.get(one) or refused.get(one) or AtWorkError() for one in wanted]


async def _take(
    session: WriteSession, wanted: Sequence[Wanted], claims: Mapping[Wanted, UUID], seconds: int
) -> tuple[dict[Wanted, Order], dict[Wanted, ShopError]]:
    """Reserve stock for each order for which enough is left, and say why for the others.

    With claims, an order whose stock an earlier sending has reserved keeps that, and the id that it was
    given.
    """
    products = await stock.lock(session, {product_id for one in wanted for product_id in one.new.product_ids})
    adopted = await reservations.adopt(session, claims.values(), seconds) if claims else {}
    sold: Counter[int] = Counter()
    orders: dict[Wanted, Order] = {}
    refused: dict[Wanted, ShopError] = {}
    taken = []
    for one in wanted:
        claim = claims.get(one)
        try:
            order = pricing.priced(one.new, one.attempt.owner, products)
            if claim in adopted:
                order = order.model_copy(update={"id": adopted[claim]})
            else:
                pricing.require_stock(one.new, products, sold)
                sold.update(one.new.quantities)
                taken.append(Taken(order.id, one.new.quantities, claim))
            orders[one] = order
        except ShopError as error:
            refused[one] = error
    if taken:
        await stock.take(session, sold, products)
        await reservations.reserve(session, taken, seconds)
    return orders, refused


async def _write_in_time(session: WriteSession, draft: Draft) -> Reply:
    if datetime.now(UTC) > draft.until:  # this process stood still, and the stock is someone else's soon
        raise UnavailableError("the shop was too slow to take the order")
    [said] = await _write(session, draft.order)
    return said


async def _write(session: WriteSession, *orders: Order) -> list[Reply]:
    await store.insert(session, *orders)
    await outbox.append(session, *(events.of_state(one, "placed").event(one.created_at) for one in orders))
    return [Reply(201, _location(order.id), order.model_dump_json()) for order in orders]


async def _hold(session: WriteSession, orders: Sequence[Order]) -> list[None]:
    """Leave the reservations of orders, which are there, alone until they must be paid."""
    await reservations.hold(session, {order.id: payable_until(order) for order in orders})
    return [None] * len(orders)


def _location(order_id: UUID) -> str:
    return f"/orders/{order_id}"
