"""Saying what sells best, and counting it."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

from pydantic_core import to_json

from app.best_sellers import store
from app.best_sellers.ranking import Ranking, Sale, start_of
from app.best_sellers.schemas import Window
from app.events.orders import OrderPaid
from app.platform.cache import Cache
from app.platform.database import Database
from app.platform.destinations import Outgoing
from app.platform.identifiers import first_uuid7
from app.platform.memory import Cached
from app.platform.problems import UnavailableError
from app.platform.shards import Shards

DAYS: dict[Window, int] = {"today": 1, "week": 7}
SHOWN = 20
LIFETIME = 30.0  # seconds that an answer is kept; what was sold meanwhile is not in it


class BestSellers:
    """The products that sell best. The ranking says which; while it cannot, the orders do, at more cost."""

    def __init__(self, shards: Shards, products: Database, cache: Cache, ranking: Ranking) -> None:
        """Take the shards of the orders, the database of the products, and what is kept in Redis."""
        self._shards = shards
        self._products = products
        self._cache = cache
        self._ranking = ranking

    async def top(self, window: Window) -> Cached:
        """Return the best sellers as a finished JSON body.

        Raises:
            UnavailableError: a database does not answer, and no cache has it.
        """
        return await self._cache.get_or_load(f"best-sellers:{window}", partial(self._load, window), LIFETIME)

    async def count(self, events: Iterable[Outgoing]) -> None:
        """Count what was paid, as events on their way out tell; each may come more than once."""
        paid = [
            OrderPaid.model_validate(json.loads(event.payload)["data"])
            for event in events
            if event.type == OrderPaid.type
        ]
        await self._ranking.count([_sale(order) for order in paid])

    async def _load(self, window: Window) -> bytes:
        ranked = await self._ranked(days_of(window))
        query = partial(store.summaries, product_ids=[product_id for product_id, _ in ranked])
        products = {row["id"]: dict(row) for row in await self._products.read(query)}
        items = [products[number] | {"sold": sold} for number, sold in ranked if number in products]
        return to_json({"window": window, "items": items})

    async def _ranked(self, days: Sequence[date]) -> list[tuple[int, int]]:
        try:
            ranked = await self._ranking.top(days, SHOWN)
        except UnavailableError:
            ranked = None
        return await self._ranked_by_orders(days) if ranked is None else ranked

    async def _ranked_by_orders(self, days: Sequence[date]) -> list[tuple[int, int]]:
        pieces: Counter[int] = Counter()
        query = partial(store.sold, after=first_uuid7(start_of(days[0])))
        for shard in self._shards.databases.values():
            for row in await shard.read(query):
                pieces[row["product_id"]] += row["pieces"]
        return pieces.most_common(SHOWN)


def days_of(window: Window) -> list[date]:
    """Return the days of a window, today last."""
    today = datetime.now(UTC).date()
    return [today - timedelta(days=back) for back in reversed(range(DAYS[window]))]


def _sale(order: OrderPaid) -> Sale:
    return Sale.of(order.order_id, ((line.product_id, line.quantity) for line in order.lines))
