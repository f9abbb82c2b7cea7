"""Following an order: what becomes of it, and where its courier is, as server-sent events.

A notice only says that there may be something new: the order is read again, also where for a while no notice
came, for one may be lost. Between two looks a stream holds no connection of the database.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import NamedTuple
from uuid import UUID

from app.couriers.service import Couriers
from app.couriers.whereabouts import told
from app.orders.schemas import Order
from app.orders.service import Orders
from app.orders.states import NEXT
from app.platform.broadcast import Broadcast
from app.platform.destinations import Outgoing
from app.platform.draining import Drain, Places
from app.platform.event_stream import HEARTBEAT, Emit, event
from app.platform.problems import UnavailableError

logger = logging.getLogger(__name__)

STREAMS = 500  # of a process
PERIOD = 15.0  # seconds between two looks without a notice, and between two signs of life


class Wanted(NamedTuple):
    """What somebody follows: an order, whose it must be (None: anybody's), and until when (Unix seconds)."""

    order_id: UUID
    owner: UUID | None
    until: float


class LiveOrders:
    """Streams of orders, as many as this process has places for."""

    def __init__(self, orders: Orders, couriers: Couriers, broadcast: Broadcast, drain: Drain) -> None:
        self._orders = orders
        self._couriers = couriers
        self._broadcast = broadcast
        self._drain = drain
        self._places = Places(STREAMS, drain)

    async def tell(self, events: Iterable[Outgoing]) -> None:
        """Have who follows an order look at it, as events on their way out tell."""
        for order_id in {one.aggregate_id for one in events if one.type.startswith("order.")}:
            with suppress(UnavailableError):  # who follows it looks by themselves after a while
                await self._broadcast.publish(f"order:{order_id}", b"")

    async def follow(self, wanted: Wanted, emit: Emit) -> None:
        """Emit the order and what becomes of it, until that is nothing any more, or the process ends.

        Raises, before anything is emitted:
            NotFoundError: there is no such order, or it is not the owner's.
            UnavailableError: this process follows as many as it can, or is ending; or no database answers.
        """
        with self._places.taken():
            async with AsyncExitStack() as stack:
                following = _Following(wanted, emit, self._orders)
                listening = self._broadcast.listening(f"order:{wanted.order_id}", following.order_heard)
                await stack.enter_async_context(listening)
                order = await following.look()
                tracking = await stack.enter_async_context(AsyncExitStack())
                is_tracking = False
                while NEXT[order.status] and not self._drain.is_on and time.time() < wanted.until:
                    if order.status != "shipped":
                        await tracking.aclose()  # where the courier goes now is nobody's business here
                    elif order.courier_id and not is_tracking:
                        is_tracking = True
                        await self._track(following, order.courier_id, tracking)
                    await self._news(following)
                    order = await following.look_again(order)

    async def _track(self, following: "_Following", courier_id: str, tracking: AsyncExitStack) -> None:
        """From here on, emit where the courier is."""
        listening = self._broadcast.listening(f"courier:{courier_id}", following.position_heard)
        await tracking.enter_async_context(listening)
        with suppress(UnavailableError):
            if position := await self._couriers.newest(courier_id):
                following.position_heard(told(position).encode())

    async def _news(self, following: "_Following") -> None:
        """Wait for news, for the period at most, or for the end of the process."""
        draining = asyncio.ensure_future(self._drain.begun())
        waiting = asyncio.ensure_future(following.news.wait())
        try:
            await asyncio.wait({draining, waiting}, timeout=PERIOD, return_when=asyncio.FIRST_COMPLETED)
        finally:
            draining.cancel()
            waiting.cancel()


class _Following:
    """What one stream has heard, and emitted."""

    def __init__(self, wanted: Wanted, emit: Emit, orders: Orders) -> None:
        self.news = asyncio.Event()
        self._emit = emit
        self._read = partial(orders.order, wanted.order_id, wanted.owner)
        self._position: bytes | None = None
        self._has_changed = False

    def order_heard(self, _: bytes | None) -> None:
        self._has_changed = True
        self.news.set()

    def position_heard(self, position: bytes | None) -> None:
        if position:  # after a gap, the next one comes soon
            self._position = position
            self.news.set()

    async def look(self) -> Order:
        """Read the order and emit it."""
        order = await self._read()
        await self._emit(event("order", order.model_dump_json().encode(), order.status))
        return order

    async def look_again(self, known: Order) -> Order:
        """Emit what there is of news, and a sign of life where there is none; return the order as it is."""
        is_quiet = not self.news.is_set()
        self.news.clear()
        if self._position:
            position, self._position = self._position, None
            await self._emit(event("position", position))
        if is_quiet:
            await self._emit(HEARTBEAT)
        if is_quiet or self._has_changed:
            self._has_changed = False
            return await self._reread(known)
        return known

    async def _reread(self, known: Order) -> Order:
        try:
            order = await self._read()
        except UnavailableError:
            logger.warning("an order that is followed cannot be read", extra={"order_id": str(known.id)})
            return known  # and looks again after the period
        if order != known:
            await self._emit(event("order", order.model_dump_json().encode(), order.status))
        return order
