"""How many pieces of each product were sold on a day: two keys a day in Redis, written as orders are paid.

A sorted set has the pieces by product, and a set the orders that it counts: an order that is told twice, as
events may be, counts once, and to count a day anew is to tell all of its orders again. Redis may drop either
key, when memory is short or when it starts anew; so both bear a mark that the day was counted as a whole, and
without both marks the day says nothing.

A set of the day's orders takes some 70 bytes for each: for millions a day, count in windows of a stream
instead, as `lambdas/sales_aggregator` does.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from app.platform.cache_server import FAILURES, Server
from app.platform.identifiers import time_of
from app.platform.problems import UnavailableError
from app.platform.rest import Rest

KEPT = timedelta(days=9)  # after a day has begun; the longest window reaches back six
REST = 1.0  # seconds
SCRATCH = "{best-sellers}:scratch"

# KEYS: pieces, orders. ARGV: when both expire, and orders as JSON: [[id, [[product, pieces], ...]], ...].
COUNT = """
for _, order in ipairs(cjson.decode(ARGV[2])) do
    if redis.call('SADD', KEYS[2], order[1]) == 1 then
        for _, line in ipairs(order[2]) do redis.call('ZINCRBY', KEYS[1], line[2], line[1]) end
    end
end
redis.call('EXPIREAT', KEYS[1], ARGV[1])
redis.call('EXPIREAT', KEYS[2], ARGV[1])
"""

# KEYS: pieces of each day, orders of each day, scratch. ARGV: how many products.
TOP = """
local days = (#KEYS - 1) / 2
for day = 1, days do
    local is_whole = redis.call('ZSCORE', KEYS[day], 'whole')
    if not is_whole or redis.call('SISMEMBER', KEYS[days + day], 'whole') == 0 then return false end
end
redis.call('ZUNIONSTORE', KEYS[#KEYS], days, unpack(KEYS, 1, days))
local top = redis.call(
    'ZRANGE', KEYS[#KEYS], '+inf', '(0', 'BYSCORE', 'REV', 'LIMIT', 0, ARGV[1], 'WITHSCORES'
)
redis.call('UNLINK', KEYS[#KEYS])
return top
"""

# KEYS: pieces, orders. ARGV: when both expire, and a mark; it has no pieces.
BEGIN = """
redis.call('UNLINK', KEYS[1], KEYS[2])
redis.call('ZADD', KEYS[1], 0, ARGV[2])
redis.call('SADD', KEYS[2], ARGV[2])
redis.call('EXPIREAT', KEYS[1], ARGV[1])
redis.call('EXPIREAT', KEYS[2], ARGV[1])
"""

# KEYS: pieces, orders. ARGV: the mark of who began. Where it is gone, so is what was told since.
FINISH = """
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) or redis.call('SREM', KEYS[2], ARGV[1]) == 0 then return end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], 0, 'whole')
redis.call('SADD', KEYS[2], 'whole')
"""


class Sale(NamedTuple):
    """A paid order: its id, and the pieces of each product in it."""

    order_id: UUID
    pieces: Mapping[int, int]

    @classmethod
    def of(cls, order_id: UUID, lines: Iterable[tuple[int, int]]) -> "Sale":
        """Return the sale of an order's lines, each a product and its pieces; a product may come twice."""
        pieces: Counter[int] = Counter()
        for product_id, quantity in lines:
            pieces[product_id] += quantity
        return cls(order_id, pieces)


class Ranking:
    """Counts sales, and says what sold best. An order belongs to the day, of UTC, on which it was placed."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._rest = Rest(REST)
        self._miscounted: set[date] = set()  # days of which a sale was not counted while Redis was away

    async def count(self, sales: Sequence[Sale]) -> None:
        """Count sales, each once however often it comes. What Redis missed while it was away is counted anew.

        That is forgotten if this process ends before Redis is back, with what Redis had.
        """
        for day in list(self._miscounted):
            with suppress(UnavailableError):
                await self.begin(day)
                self._miscounted.discard(day)
        by_day: dict[date, list[Sale]] = {}
        for sale in sales:
            by_day.setdefault(day_of(sale.order_id), []).append(sale)
        for day, of_day in by_day.items():
            try:
                await self.tell(day, of_day)
            except UnavailableError:
                self._miscounted.add(day)

    async def tell(self, day: date, sales: Sequence[Sale]) -> None:
        """Count sales of a day.

        Raises:
            UnavailableError: Redis is down.
        """
        told = [[str(sale.order_id), list(sale.pieces.items())] for sale in sales]
        await self._run(COUNT, _keys(day), [_expiry(day), json.dumps(told)])

    async def top(self, days: Sequence[date], limit: int) -> list[tuple[int, int]] | None:
        """Return the products that sold best on these days with their pieces; None if it is not known.

        Raises:
            UnavailableError: Redis is down.
        """
        keys = [_keys(day) for day in days]
        names = [pieces for pieces, _ in keys] + [orders for _, orders in keys]
        found = await self._run(TOP, [*names, SCRATCH], [limit])
        if found is None:
            return None
        return [(int(product), int(pieces)) for product, pieces in zip(found[::2], found[1::2], strict=True)]

    async def is_whole(self, day: date) -> bool:
        """Tell whether all sales of the day are counted.

        Raises:
            UnavailableError: Redis is down.
        """
        return await self.top([day], 1) is not None

    async def begin(self, day: date) -> str:
        """Forget what was counted of a day, to have it told anew; return what to finish with.

        Raises:
            UnavailableError: Redis is down.
        """
        mark = f"begun {uuid4()}"
        await self._run(BEGIN, _keys(day), [_expiry(day), mark])
        return mark

    async def finish(self, day: date, mark: str) -> None:
        """Say that all sales of the day were told since it was begun, unless some were lost meanwhile.

        Raises:
            UnavailableError: Redis is down.
        """
        await self._run(FINISH, _keys(day), [mark])

    async def _run(self, script: str, keys: Sequence[str], arguments: Sequence[object]) -> list[bytes] | None:
        if self._rest.is_on:
            raise UnavailableError("the ranking does not answer at the moment")
        try:
            found: list[bytes] | None = await self._server.run(script, keys, arguments)
        except FAILURES as error:
            self._rest.begin()
            raise UnavailableError("the ranking does not answer at the moment") from error
        return found


def day_of(order_id: UUID) -> date:
    """Return the day on which an order was placed."""
    return time_of(order_id).date()


def start_of(day: date) -> datetime:
    """Return when a day begins."""
    return datetime.combine(day, time(), UTC)


def _keys(day: date) -> list[str]:
    """Return the keys of a day; the braces have a cluster keep all of them together."""
    return [f"{{best-sellers}}:{day}:pieces", f"{{best-sellers}}:{day}:orders"]


def _expiry(day: date) -> int:
    return int((start_of(day) + KEPT).timestamp())
